import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countersignConsent } from '../../src/consent/countersign.ts'
import { consentHash } from '../../src/consent/index.ts'
import { publicKeyOf } from '../../src/consent/keys.ts'
import { SAMPLE_FOOTAGE } from '../../src/consent/sample.ts'
import { type TRUST_ROLES, trustKey } from '../../src/consent/trust.ts'
import { FOOTAGE, NOW, newKey, OTHER_FOOTAGE, refusalOf, signedRecord } from './records.ts'
import { openStudio, type Studio } from './studio.ts'

let studio: Studio
beforeAll(async () => {
  studio = await openStudio()
})
afterAll(() => studio.close())

/** The words of a hint's command, as a shell would take them. */
function commandOf(hint: string): string[] {
  return [...hint.slice(hint.indexOf('dfk ')).matchAll(/'((?:[^']|'\\'')*)'|\S+/g)].map(
    ([word, quoted]) => quoted?.replaceAll("'\\''", "'") ?? word,
  )
}

/** What follows a flag. */
function valuesOf(words: readonly string[], flag: string): string[] | undefined {
  const from = words.indexOf(flag)
  if (from < 0) return undefined
  const rest = words.slice(from + 1)
  const end = rest.findIndex((word) => word.startsWith('--'))
  return end < 0 ? rest : rest.slice(0, end)
}

describe('the hint of a refusal', () => {
  it('about a key’s limits takes none of them away', async () => {
    const key = newKey()
    const publicKey = publicKeyOf(key)
    const name = "Carol O'Example $(exit)"
    await trustKey(studio.home, NOW, { publicKey, name, roles: ['agent'], subjects: ['carol'] })
    const own = signedRecord({ subject: 'dave e.' }, key)
    let refusal = await refusalOf(() => studio.collect(own))
    expect(refusal.clause).toBe('trust.roles')
    for (let followed = 0; followed < 2; followed++) {
      const words = commandOf(refusal.hint!)
      expect(words.slice(0, 5)).toEqual(['dfk', 'consent', 'trust', 'add', publicKey])
      await trustKey(studio.home, NOW, {
        ...{ publicKey, name: valuesOf(words, '--name')!.join(' ') },
        ...{ roles: valuesOf(words, '--as')! as (typeof TRUST_ROLES)[number][], subjects: valuesOf(words, '--for')! },
      })
      if (followed === 0) refusal = await refusalOf(() => studio.collect(own))
    }
    expect(refusal.clause).toBe('trust.subjects')
    await studio.collect(own)
    // What it could sign before it still can.
    await studio.collect(signedRecord({ subject: 'carol', signerRole: 'agent', evidenceSha256: 'a'.repeat(64) }, key))
  })

  it('about a countersignature names the record that a dataset or run keeps, and that one can be countersigned', async () => {
    const { bob } = studio
    const kept = studio.ofAlice({ countersigners: [{ role: 'target', publicKey: publicKeyOf(bob) }] })
    const refusal = await refusalOf(() => studio.generate(kept))
    expect(refusal.hint).toMatch(/its consent\.json, of a run consent\/source\.json and consent\/target\.json/)
    const countersigned = countersignConsent(kept, bob, NOW)
    expect(consentHash(countersigned)).toBe(consentHash(kept))
    await studio.generate(countersigned)
  })

  it('about other footage says what a new record is good for', async () => {
    const bound = { footage: [FOOTAGE], footageBinds: ['collect', 'generate'] as const }
    const footage = [OTHER_FOOTAGE]
    const hintOf = async (body: () => Promise<unknown>) => (await refusalOf(body)).hint
    expect(await hintOf(() => studio.collect(studio.ofAlice(bound), { footage }))).toMatch(/collect under it into a dataset of its own/)
    expect(await hintOf(() => studio.generate(studio.ofAlice(), { footage }, studio.ofBob(bound)))).toMatch(/give that one with --consent/)
    const parties = [
      { role: 'source', record: studio.ofAlice() },
      { role: 'target', record: studio.ofBob(bound), heldAt: join(studio.home, 'checkpoints', 'run') },
    ] as const
    expect(await hintOf(() => studio.generate(studio.ofAlice(), { footage, parties }))).toMatch(/collect and train under it anew/)
  })

  it('about sample footage leads to records of kind subject, and an export is called one', async () => {
    const sample = signedRecord({ kind: 'sample', footage: [SAMPLE_FOOTAGE[0]!] })
    const stranger = await refusalOf(() => studio.collect(sample, { footage: [OTHER_FOOTAGE] }))
    expect(stranger.hint).toBe(
      'a record of kind sample is for the sample clips alone: people in other footage sign a record of kind subject',
    )
    // Another of the sample clips may be listed.
    const other = await refusalOf(() => studio.collect(sample, { footage: [SAMPLE_FOOTAGE[1]!] }))
    expect(other.hint).toContain('--footage')
    const exported = await refusalOf(() => studio.generate(studio.ofAlice(), {}, sample))
    expect(exported.message).toMatch(
      /^consent of target alice: .* \(franck\.mp4\) but found an export, which could render into any \[scope\.footage\]$/,
    )
    expect(exported.hint).toMatch(/use dfk swap on that footage; .* records of kind subject/)
    // Which works.
    await studio.generate(studio.ofAlice())
    const bound = await refusalOf(() =>
      studio.generate(studio.ofAlice(), {}, studio.ofBob({ footage: [FOOTAGE], footageBinds: ['generate'] })),
    )
    expect(bound.hint).toContain('--bind collect,train')
    await studio.generate(studio.ofAlice(), {}, studio.ofBob({ footage: [FOOTAGE], footageBinds: ['collect', 'train'] }))
  })

  it('calls what a sample record never gives by its name', async () => {
    const sample = signedRecord({ kind: 'sample', footage: [SAMPLE_FOOTAGE[0]!] })
    const refusal = await refusalOf(() => studio.generate(sample, { action: 'sublicense' }))
    expect(refusal.message).toContain('expected consent to sublicense but found a sample record')
  })
})
