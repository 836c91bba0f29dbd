import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Context } from '../../src/commands/command.ts'
import { putReport } from '../../src/commands/report-records.ts'
import { auditPath } from '../../src/consent/audit.ts'
import { readAudit } from '../../src/consent/auditVerify.ts'
import { consentHash, recordOutput } from '../../src/consent/index.ts'
import { logReport, recordsShown } from '../../src/consent/reports.ts'
import { lockFolder } from '../../src/work/lock.ts'
import { scratchFolder } from '../support/data.ts'
import { NOW, signedRecord } from './records.ts'

const home = scratchFolder('reports')
const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((subject) => signedRecord({ subject }))
const [ofAlice, ofBob, ofCarol] = [alice!, bob!, carol!].map(consentHash)
const ids = ['1', '2', '3'].map((digit) => digit.repeat(16))
const nowhere = { path: '/elsewhere/any.mp4', sha256: '0'.repeat(64), outputIds: [], records: [] }

beforeAll(async () => {
  const output = (outputId: string, path: string, record: typeof alice, about = {}) =>
    recordOutput(home, { outputId, path, records: [record!], now: NOW, about })
  await output(ids[0]!, '/out/one.mp4', alice)
  await output(ids[1]!, '/out/one.mp4', bob)
  await output(ids[2]!, '/out/three.mkv', carol, { sha256: 'c'.repeat(64) })
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

describe('the records of what a report shows', () => {
  it('are those that the file names, or that the log names for its id, its bytes or its place', async () => {
    expect(await recordsShown(home, [nowhere])).toEqual([])
    expect(await recordsShown(home, [{ ...nowhere, records: ['f'.repeat(64)] }])).toEqual(['f'.repeat(64)])
    // Renamed, with its manifest gone and its watermark left.
    expect(await recordsShown(home, [{ ...nowhere, outputIds: [ids[0]!] }])).toEqual([ofAlice])
    expect(await recordsShown(home, [{ ...nowhere, sha256: 'c'.repeat(64) }])).toEqual([ofCarol])
    // Nothing left but its path: what was written there last.
    expect(await recordsShown(home, [{ ...nowhere, path: '/out/one.mp4' }])).toEqual([ofBob])
    const all = [
      { ...nowhere, path: '/out/one.mp4', outputIds: [ids[0]!] },
      { ...nowhere, records: [ofAlice!, ofCarol!] },
    ]
    expect((await recordsShown(home, all)).sort()).toEqual([ofAlice, ofCarol].sort())
  })
})

describe('a report that shows somebody', () => {
  it('is in the log with its hash; one that shows nobody is not', async () => {
    const before = (await readAudit(home)).length
    await logReport(home, '/out/empty.html', 'page', [], NOW)
    await logReport(home, '/out/page.html', 'page', [ofAlice!], NOW)
    const added = (await readAudit(home)).slice(before)
    const sha256 = createHash('sha256').update('page').digest('hex')
    expect(added).toEqual([expect.objectContaining({ what: 'report', records: [ofAlice], about: { path: '/out/page.html', sha256 } })])
  })

  it('is written with a warning while another process holds the log', async () => {
    const [path, warnings] = [join(home, 'busy.html'), [] as string[]]
    const lock = await lockFolder(join(home, 'consent'), 'the audit log')
    // What is waited for it is over at once.
    const clock = vi.spyOn(performance, 'now').mockReturnValueOnce(0).mockReturnValue(1e9)
    try {
      await putReport({ home, note() {}, warn: (text: string) => warnings.push(text) } as unknown as Context, path, 'page', [ofAlice!])
    } finally {
      clock.mockRestore()
      await lock.release()
    }
    expect(warnings).toEqual([
      expect.stringMatching(/^dfk consent purge will find the report only where .*expected the audit log to be free/),
    ])
    expect(readFileSync(path, 'utf8')).toBe('page')
  })

  it('begins no log where there is none', async () => {
    const fresh = join(home, 'fresh')
    await logReport(fresh, '/out/page.html', 'page', [ofAlice!], NOW)
    expect(existsSync(auditPath(fresh))).toBe(false)
  })
})
