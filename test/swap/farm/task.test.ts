import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { decodeFailure, encodeFailure, isFinal } from '../../../src/swap/farm/failure.ts'
import { requireInside } from '../../../src/swap/farm/root.ts'
import { parseTask, renderId, segmentId, signatureOf } from '../../../src/swap/farm/task.ts'
import { NothingAskedError, NothingSwappedError } from '../../../src/swap/nothing.ts'
import { DfkError, RefusedError, UsageError } from '../../../src/work/errors.ts'
import { scratchFolder } from '../../support/data.ts'

const hash = 'a'.repeat(64)
const task = {
  ...{ schema: 1, kind: 'segment', segment: 3, input: '/show/a.mp4', output: '/show/b.mp4', home: '/show', asked: { run: 'r' } },
  ...{ footage: hash, generators: { r: hash }, fingerprint: hash },
}

describe('a job on the queue', () => {
  it('is taken as dfk swap wrote it, and nothing else is', () => {
    expect(parseTask(task)).toEqual(task)
    expect(parseTask({ ...task, segment: null })).toMatchObject({ segment: null })
    const wrong = [
      undefined,
      'x',
      {},
      { ...task, schema: 2 },
      { ...task, segment: -1 },
      { ...task, segment: 0.5 },
      { ...task, kind: 'join' },
    ]
    wrong.push({ ...task, footage: 'abc' }, { ...task, more: 1 }, { ...task, input: '' }, { ...task, asked: 'x' })
    for (const each of wrong) expect(() => parseTask(each)).toThrow(UsageError)
  })

  it('has an id of its own for each render and segment', () => {
    const purposes = [{ use: 'publish' }, { project: 'x' }, { media: ['x'] }, { territory: ['x'] }, { category: ['x'] }]
    const signatures = [{}, { signedBy: hash }, { wantsTime: true }, { provider: 'x' }, ...purposes].map(signatureOf)
    expect(signatureOf({ use: 'private', media: [], territory: [], category: [] })).toBe('')
    const others = signatures.map((signature) => renderId(hash, '/a.mp4', signature))
    const ids = [...others, renderId(hash, '/b.mp4', ''), renderId('b'.repeat(64), '/a.mp4', '')]
    const all = [...ids, ...ids.flatMap((id) => [segmentId(id, 0), segmentId(id, 1), segmentId(id, null)])]
    expect(new Set(all).size).toBe(44)
    expect(renderId(hash, '/a.mp4', '')).toBe(ids[0])
    // BullMQ takes no colon in an id.
    expect(all.filter((id) => id.includes(':'))).toEqual([])
  })
})

describe('what a worker met', () => {
  it('comes back with message, hint and exit code', () => {
    const refused = decodeFailure(encodeFailure(new RefusedError('grants', 'expected a grant but found none', { hint: 'ask them' })))
    expect(refused).toMatchObject({
      exitCode: 3,
      hint: 'ask them',
      message: expect.stringMatching(/^expected a grant but found none \(on .+\)$/),
    })
    expect(decodeFailure(encodeFailure(new DfkError('a disk is full')))).toMatchObject({ exitCode: 1 })
    expect(decodeFailure(encodeFailure(new NothingAskedError('all is switched off')))).toMatchObject({ exitCode: 2 })
    expect(decodeFailure(encodeFailure(new UsageError('not in my folder')))).toMatchObject({ exitCode: 1 })
    expect(decodeFailure(encodeFailure(new TypeError('x is not a function'))).message).toContain('x is not a function')
  })

  it('that no worker said is told all the same, without control characters', () => {
    expect(decodeFailure('job stalled more than allowable limit').message).toContain('workers ended in the middle')
    const forged = JSON.stringify({ message: 'a\u001b[2Jb\nc', exitCode: 1, worker: 'w\u0007' })
    for (const text of ['\u001b[2J\n{', forged, '{"message":1}']) expect(decodeFailure(text).message).not.toMatch(/\p{Cc}/u)
    // Only 1, 2 and 3 are exit codes of failures.
    expect(decodeFailure(JSON.stringify({ message: 'x', exitCode: 0, worker: 'w' })).exitCode).toBe(1)
  })

  it('that somebody else was met stays one that stops no other file of a folder', () => {
    const found = decodeFailure(encodeFailure(new NothingSwappedError('nobody', { exitCode: 3 })))
    expect([found instanceof NothingSwappedError, found.exitCode]).toEqual([true, 3])
    expect(decodeFailure(encodeFailure(new RefusedError('grants', 'no')))).not.toBeInstanceOf(NothingSwappedError)
  })

  it('is tried again only where that can help', () => {
    const final = [new RefusedError('grants', 'no'), new UsageError('what?'), new NothingSwappedError('nobody')]
    expect(final.map(isFinal)).toEqual([true, true, true])
    expect([new DfkError('disk full'), new Error('bug')].map(isFinal)).toEqual([false, false])
  })
})

describe("a worker's folder", () => {
  const folder = scratchFolder('root')
  const at = (...names: string[]) => join(folder, ...names)
  mkdirSync(at('in', 'deep'), { recursive: true })
  mkdirSync(at('inner'))
  symlinkSync(at('inner'), at('in', 'out'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('holds what is in it, there or not yet', async () => {
    await requireInside(at('in'), [at('in'), at('in', 'deep', 'new.mp4'), at('in', 'not', 'yet', 'x.mp4'), at('in', '..in.mp4')])
    await requireInside(undefined, ['/anywhere'])
  })

  it.each([['inner', 'x.mp4'], ['in', '..', 'x.mp4'], ['in', 'out', 'x.mp4'], ['x.mp4']])('does not hold %s/%s', async (...names) => {
    await expect(requireInside(at('in'), [`${folder}/${names.filter(Boolean).join('/')}`])).rejects.toThrow(
      /which this worker was started for/,
    )
  })

  it('asks for absolute paths, with a root or without', async () => {
    for (const root of [undefined, at('in')]) await expect(requireInside(root, ['x.mp4'])).rejects.toThrow(/absolute/)
  })
})
