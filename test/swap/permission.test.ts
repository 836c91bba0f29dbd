import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { consentHash } from '../../src/consent/index.ts'
import { defaultRevocationPath, revoke } from '../../src/consent/revocation.ts'
import { assign, compare, isStill } from '../../src/swap/cast.ts'
import { castRuns, parsePair } from '../../src/swap/choice.ts'
import { type CastRequest, permitSwap } from '../../src/swap/permission.ts'
import { scratchFolder } from '../support/data.ts'
import { bob, carol, memberOf, stranger } from './stage.ts'
import { makeRun, recordFor, saveRecord, testKey } from './support.ts'

const home = scratchFolder('cast')
const records = { bob: recordFor('bob', bob), carol: recordFor('carol', carol), dora: recordFor('dora', stranger) }
const paths: Record<string, string> = {}
type Flags = Parameters<typeof castRuns>[0]
const flags: Flags = { home, run: undefined, map: [], choice: 'target', faceImage: undefined, checkpoint: undefined }

beforeAll(async () => {
  for (const [name, record] of Object.entries(records)) paths[name] = saveRecord(join(home, 'consent'), `${name}.json`, record)
  await makeRun(home, 'one', records.bob)
  await makeRun(home, 'two', records.carol, {
    source: recordFor('source2', new Array(128).fill(0.4), { disclosure: { visibleLabel: true, c2pa: true, watermark: true } }),
  })
  await makeRun(home, 'ungranted', records.carol, { source: recordFor('source3', bob, { grants: ['collect', 'train'] }) })
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

async function permit(names: string[], changes: Partial<CastRequest> & { pairs?: string[] } = {}) {
  const { pairs = [], ...rest } = changes
  const { runs, map } = await castRuns({ ...flags, run: pairs.length > 0 ? undefined : names[0], map: pairs })
  return permitSwap({ home, runs, map, choice: 'target', extra: [], threshold: 0.5, footage: [], outputs: 1, resumed: [], ...rest })
}

describe('the cast', () => {
  it("is the run's target, whoever else has a record", async () => {
    const { cast, authorization } = await permit(['one'], { extra: [paths['carol']!] })
    expect(cast.members.map(({ person, run }) => [person, run])).toEqual([['bob', 'one']])
    expect(authorization.consent.map(({ subject }) => subject)).toEqual(['source', 'bob', 'carol'])
  })

  it('is everybody with a record where all are asked for', async () => {
    const { cast } = await permit(['one'], { extra: [paths['carol']!], choice: 'all' })
    expect(cast.members.map(({ person, run }) => [person, run])).toEqual([
      ['bob', 'one'],
      ['carol', 'one'],
    ])
  })

  it('is whom --map names, each under the records of their pairing, and the strictest disclosure holds', async () => {
    const { cast, authorization } = await permit([], { pairs: ['bob=two', 'dora=one', 'carol=two'], extra: [paths['dora']!] })
    expect(cast.members.map(({ person, run }) => [person, run])).toEqual([
      ['bob', 'two'],
      ['dora', 'one'],
      ['carol', 'two'],
    ])
    const parties = authorization.consent.map(({ role, subject }) => `${role} ${subject}`)
    expect(new Set(parties)).toEqual(new Set(['source source', 'source source2', 'target bob', 'target carol', 'target dora']))
    expect(parties.length).toBe(5)
    expect(authorization.disclosure.visibleLabel).toBe(true)
  })

  it('is who is on the still, if a record covers them', async () => {
    const near = Float32Array.from(carol, (value) => value + 0.005)
    const still = { descriptor: near, path: 'still.jpg' }
    const { cast } = await permit(['one'], { extra: [paths['carol']!], still })
    expect(cast.members.map(({ person, run }) => [person, run])).toEqual([['carol', 'one']])
    expect(consentHash(cast.members[0]!.record)).toBe(consentHash(records.carol))
    expect(compare(cast.members[0]!, Float32Array.from(bob), false).is).toBe(false)
    await expect(permit(['one'], { still })).rejects.toMatchObject({ exitCode: 3, clause: 'biometric' })
  })

  it('is refused where the record of any of its runs does not allow it', async () => {
    await expect(permit([], { pairs: ['bob=one', 'carol=ungranted'] })).rejects.toMatchObject({ exitCode: 3, clause: 'grants.generate' })
  })

  it.each<[string, Partial<Flags>]>([
    ['neither run nor map', {}],
    ['both', { run: 'one', map: ['bob=one'] }],
    ['a choice beside the map', { map: ['bob=one'], choice: 'all' }],
    ['a still beside the map', { map: ['bob=one'], faceImage: 'still.jpg' }],
    ['a still beside a choice', { run: 'one', choice: 'largest', faceImage: 'still.jpg' }],
    ['somebody twice', { map: ['bob=one', 'bob=two'] }],
    ['one checkpoint of two runs', { map: ['bob=one', 'carol=two'], checkpoint: 1 }],
    ['no pair', { map: ['bob'] }],
  ])('cannot be %s', async (_, changes) => {
    await expect(castRuns({ ...flags, ...changes })).rejects.toMatchObject({ exitCode: 2 })
  })

  it('cannot name somebody unknown', async () => {
    await expect(permit([], { pairs: ['mallory=one'] })).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining('(bob)') })
  })

  it('splits pairs at the last =', () => {
    expect(parsePair('a=b=run')).toEqual({ person: 'a=b', run: 'run' })
  })

  it('is asked again in the course of a render, and no longer where a record was revoked meanwhile', async () => {
    const { recheck } = await permit(['one'])
    await recheck()
    const path = defaultRevocationPath(home)
    writeFileSync(path, JSON.stringify(revoke(undefined, testKey, new Date(), { record: records.bob })))
    await expect(recheck()).rejects.toMatchObject({ exitCode: 3, clause: 'revocation' })
    rmSync(path)
    await expect(recheck()).rejects.toMatchObject({ exitCode: 3, clause: expect.stringMatching(/^revocation/) })
  })
})

describe('recognition', () => {
  const [isBob, isCarol] = [memberOf('bob', bob), memberOf('carol', carol)]
  const at = (value: number) => new Float32Array(128).fill(value)

  it('needs a record, whatever the threshold', () => {
    expect(compare({ ...isBob, threshold: 2 }, at(0.1), false).is).toBe(false)
    expect(compare({ ...isBob, threshold: 0.1 }, at(0.02), false).is).toBe(false)
    expect(compare({ ...isBob, threshold: 0.3 }, at(0.02), false).is).toBe(true)
  })

  it('does not go by what a run says of its target where the record says otherwise', () => {
    const stranger = at(0.07) // twice the threshold from bob
    const halfway = { ...isBob, threshold: 2, looks: [[...at(0.04)]] }
    expect(compare(halfway, stranger, false).is).toBe(false)
    expect(compare(halfway, at(0.044), false).is).toBe(true)
  })

  it('gives who is known some room, but not to another of the cast', () => {
    expect([compare(isBob, at(0.05), false).is, compare(isBob, at(0.05), true).is]).toEqual([false, true])
    expect(isStill(isBob, [isBob, isCarol], at(0.04))).toBe(true)
    expect(isStill(isBob, [isBob, isCarol], at(0.053))).toBe(false)
  })

  it('pairs the nearest first and nobody twice', () => {
    expect(assign([at(0.02), at(0.01), at(0.09)], [isBob, isCarol])).toEqual([undefined, isBob, isCarol])
  })
})
