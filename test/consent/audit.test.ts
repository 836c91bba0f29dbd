import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { appendAudit, auditPath, readHead } from '../../src/consent/audit.ts'
import { readAudit, verifyAudit } from '../../src/consent/auditVerify.ts'
import { scratchFolder } from '../support/data.ts'
import { NOW } from './records.ts'

let home: string
beforeEach(() => {
  home = scratchFolder('audit')
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const RECORD = 'a'.repeat(64)
const write = (count: number, from = 0) =>
  appendAudit(home, NOW, () =>
    Array.from({ length: count }, (_, i) => ({ what: 'authorize' as const, records: [RECORD], about: { number: from + i } })),
  )
const lines = () => readFileSync(auditPath(home), 'utf8').split('\n').slice(0, -1)
const put = (all: readonly string[]) => writeFileSync(auditPath(home), all.map((line) => `${line}\n`).join(''))
const problems = async () => (await verifyAudit(home)).problems

describe('the audit log', () => {
  it('is nothing before its first use, and whole after it', async () => {
    expect(await verifyAudit(home)).toMatchObject({ entries: 0, problems: [] })
    await write(3)
    expect(await verifyAudit(home)).toMatchObject({ entries: 3, problems: [] })
    expect((await readAudit(home)).map(({ seq, about }) => [seq, about['number']])).toEqual([
      [1, 0],
      [2, 1],
      [3, 2],
    ])
  })

  it.each<[string, (all: string[]) => string[], RegExp]>([
    ['a line changed', (all) => all.with(2, all[2]!.replace('"number":2', '"number":7')), /^line 3: it was changed/],
    ['a line removed', (all) => all.toSpliced(2, 1), /^line 3: it is entry 4, where 3 belongs/],
    ['the first line removed', (all) => all.slice(1), /^line 1: it is entry 2/],
    ['two lines changed over', (all) => [all[0]!, all[2]!, all[1]!, ...all.slice(3)], /^line 2: it is entry 3/],
    ['a line twice', (all) => all.toSpliced(1, 0, all[1]!), /^line 3: it is entry 2/],
    ['the last line removed', (all) => all.slice(0, -1), /^.*bytes cut off its end|^line 5: it is missing/],
    ['a line that is no JSON', (all) => all.with(1, 'nonsense'), /^line 2: it is not JSON/],
    ['a line of another field', (all) => all.with(1, all[1]!.replace('"seq"', '"extra":1,"seq"')), /^line 2: .*not as the log writes it/],
    ['everything removed', () => [], /bytes cut off its end/],
  ])('tells %s, and which', async (_, change, words) => {
    await write(5)
    put(change(lines()))
    expect((await problems()).join('\n')).toMatch(words)
  })

  it('tells lines that another installation signed', async () => {
    await write(2)
    const mine = lines()
    const other = scratchFolder('audit-other')
    await appendAudit(other, NOW, () => [{ what: 'authorize', records: [], about: {} }])
    put([mine[0]!, readFileSync(auditPath(other), 'utf8').trim()])
    rmSync(other, { recursive: true })
    expect((await problems())[0]).toMatch(/^line 2: it was changed since it was signed/)
  })

  it('goes on after a kill in the middle of a line, and between a line and the head', async () => {
    await write(2)
    const head = readFileSync(join(home, 'consent', 'audit.head.json'))
    appendFileSync(auditPath(home), '{"seq":3,"at":"2026')
    expect(await problems()).toEqual([])
    await write(1, 2)
    expect(await verifyAudit(home)).toMatchObject({ entries: 3, problems: [] })
    writeFileSync(join(home, 'consent', 'audit.head.json'), head)
    expect(await problems()).toEqual([])
    await write(1, 3)
    expect((await readAudit(home)).map(({ about }) => about['number'])).toEqual([0, 1, 2, 3])
    expect((await readHead(home))?.head.count).toBe(4)
  })

  it('takes no line for its own that others put behind its end', async () => {
    await write(1)
    appendFileSync(auditPath(home), `${JSON.stringify({ seq: 2, what: 'authorize' })}\n`)
    await expect(write(1)).rejects.toMatchObject({ clause: 'audit', exitCode: 3 })
  })

  it('keeps order where several processes write at once', async () => {
    const script = `
      import { appendAudit } from ${JSON.stringify(new URL('../../dist/consent/audit.js', import.meta.url).href)}
      for (let i = 0; i < 10; i += 1) await appendAudit(${JSON.stringify(home)}, new Date(), () => [{ what: 'authorize', records: [], about: { pid: process.pid } }])
    `
    const writers = [1, 2, 3].map(() => spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' }))
    expect(await Promise.all(writers.map(async (child) => (await once(child, 'close'))[0]))).toEqual([0, 0, 0])
    expect(await verifyAudit(home)).toMatchObject({ entries: 30, problems: [] })
  })

  it('writes nothing where what is decided under the lock refuses', async () => {
    await write(1)
    await expect(
      appendAudit(home, NOW, () => {
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    expect(await verifyAudit(home)).toMatchObject({ entries: 1, problems: [] })
  })
})
