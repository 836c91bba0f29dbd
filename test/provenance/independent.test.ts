import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { topBoxes } from '../../src/provenance/boxes.ts'
import { openStudioSigner, type Signing, stampOutput } from '../../src/provenance/index.ts'
import { readManifest } from '../../src/provenance/read.ts'
import { openSigner } from '../../src/provenance/signer.ts'
import { scratchFolder } from '../support/data.ts'
import { hasOpenssl, makeStudio, openAuthority } from './authority.ts'
import { python, readElsewhere } from './independent.ts'
import { ffmpeg } from './support.ts'

const folder = scratchFolder('independent')
const at = (name: string) => join(folder, name)
const NAMES = ['out.mp4', 'out.mov', 'out.jpg', 'out.png', 'out.webp']
const SOURCE = ['-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=10:duration=0.5,noise=alls=30']

async function stamp(file: string, parent: string, signing: Signing = {}) {
  const record = { role: 'source', hash: 'a'.repeat(64), scope: 'A film' }
  const model = { name: 'my-run', sha256: 'c'.repeat(64) }
  const request = { outputId: '00112233445566ff', title: 'swapped', consent: [record], model, watermark: true, label: 'AI GENERATED' }
  await stampOutput({ ...request, file, parent, parentSha256: 'd'.repeat(64), home: folder, signing })
}

/** A copy of a file with one bit turned. */
function flipped(name: string, at_: number): string {
  const bytes = readFileSync(at(name))
  bytes[at_]! ^= 1
  const copy = at(`flipped-${at_}-${name}`)
  writeFileSync(copy, bytes)
  return copy
}

/** What no C2PA reader binds: what kinds of box the manifest's own boxes are, and the head by which the container holds them. */
function unbound(bytes: Buffer): (place: number) => boolean {
  const heads: number[] = []
  for (let found = bytes.indexOf('jumd'); found >= 0; found = bytes.indexOf('jumd', found + 1)) heads.push(found)
  const first = heads[0]!
  return (place) => heads.some((head) => place >= head - 12 && place < head + 40) || (place > first - 70 && place < first)
}

/** Places all over a file, and in the middle of each part of a container. */
async function places(name: string): Promise<number[]> {
  const bytes = readFileSync(at(name))
  const isUnbound = unbound(bytes)
  const spread = Array.from({ length: 60 }, (_, i) => Math.floor(((i + 0.5) / 60) * bytes.length))
  const boxes = /mp4|mov/.test(extname(name)) ? await topBoxes(at(name)) : []
  const middles = boxes.map(({ body, end }) => Math.floor((body + end) / 2))
  return [...spread, ...middles].filter((place) => !isUnbound(place))
}

beforeAll(async () => {
  for (const name of ['out.mp4', 'out.mov']) await ffmpeg([...SOURCE, '-c:v', 'libx264', '-pix_fmt', 'yuv420p', at(name)])
  await ffmpeg([...SOURCE, '-frames:v', '1', at('out.png')])
  await ffmpeg([...SOURCE, '-frames:v', '1', at('out.jpg')])
  const { default: sharp } = await import('sharp')
  await sharp(at('out.png')).webp().toFile(at('out.webp'))
  copyFileSync(at('out.mp4'), at('footage.mp4'))
  for (const name of NAMES) await stamp(at(name), at('footage.mp4'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.skipIf(python === undefined)('c2pa-python reads what dfk signs', () => {
  it('as Valid, and as Trusted with the authority among the anchors', () => {
    const anchors = openSigner(folder, new Date()).caPem
    const plain = readElsewhere(NAMES.map((name) => ({ file: at(name) })))
    const trusted = readElsewhere(NAMES.map((name) => ({ file: at(name), anchors })))
    expect(plain.map(({ state, failures }) => [state, failures])).toEqual(NAMES.map(() => ['Valid', ['signingCredential.untrusted']]))
    expect(trusted.map(({ state, failures }) => [state, failures])).toEqual(NAMES.map(() => ['Trusted', []]))
  })

  it('with the actions, ingredients and assertions of a swap', () => {
    for (const { manifest } of readElsewhere(NAMES.map((name) => ({ file: at(name) })))) {
      const data = (label: string) => manifest.assertions.find((assertion) => assertion.label === label)?.data
      expect(manifest.ingredients.map(({ relationship, title }) => [relationship, title])).toEqual([
        ['parentOf', 'footage.mp4'],
        ['inputTo', 'my-run'],
      ])
      const { actions } = data('c2pa.actions.v2') as { actions: { action: string; digitalSourceType?: string; softwareAgent?: object }[] }
      expect(actions.map(({ action }) => action)).toEqual(['c2pa.opened', 'c2pa.edited', 'c2pa.addedText', 'c2pa.watermarked.bound'])
      expect(actions[1]).toMatchObject({
        digitalSourceType: 'http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia',
        softwareAgent: { name: 'dfk' },
        parameters: { ingredients: [{ url: expect.stringContaining('c2pa.ingredient.v3__1') }] },
      })
      expect(data('c2pa.soft-binding')).toMatchObject({ blocks: [{ value: '00112233445566ff' }] })
      expect(data('cawg.training-mining')).toMatchObject({ entries: { 'cawg.ai_training': { use: 'notAllowed' } } })
      expect(data('org.dfk.render')).toMatchObject({
        outputId: '00112233445566ff',
        footage: { name: 'footage.mp4', sha256: 'd'.repeat(64) },
        consent: [{ role: 'source', hash: 'a'.repeat(64), scope: 'A film' }],
        visibleLabel: 'AI GENERATED',
      })
    }
  })

  it("with the footage's own manifest, whatever the footage is", async () => {
    for (const [name, parent] of [
      ['out.png', 'out.jpg'],
      ['out.jpg', 'out.mp4'],
      ['out.mp4', 'out.webp'],
    ] as const) {
      const chained = at(`chained-${name}`)
      copyFileSync(at(name), chained)
      await stamp(chained, at(parent))
      const [report] = readElsewhere([{ file: chained }])
      expect(report).toMatchObject({ state: 'Valid', manifests: 2, deltas: [] })
      expect(report!.manifest.ingredients[0]!.active_manifest).toMatch(/^urn:c2pa:/)
    }
  })

  it('with a manifest that lies beside the footage, unless it is that of another file', async () => {
    await ffmpeg([...SOURCE, '-c:v', 'libx264', at('beside.mkv')])
    await stamp(at('beside.mkv'), at('footage.mp4'))
    const [kept, left] = [at('kept.png'), at('left.png')]
    for (const file of [kept, left]) copyFileSync(at('out.png'), file)
    await stamp(kept, at('beside.mkv'))
    await ffmpeg([...SOURCE, '-c:v', 'mpeg4', at('beside.mkv')])
    await stamp(left, at('beside.mkv'))
    const reports = readElsewhere([kept, left].map((file) => ({ file })))
    expect(reports.map(({ state, manifests }) => [state, manifests])).toEqual([
      ['Valid', 2],
      ['Valid', 1],
    ])
  })

  it.skipIf(!hasOpenssl)('with the time at which a time-stamp authority saw a studio sign', async () => {
    const studio = makeStudio(at('studio'), { kind: 'P-384' })
    const authority = await openAuthority(at('tsa'))
    const anchors = studio.root + authority.root
    try {
      const signing = { signer: openStudioSigner(studio, new Date(Date.now() + 60_000)), tsa: authority.url }
      for (const name of NAMES) {
        copyFileSync(at(name), at(`timed-${name}`))
        await stamp(at(`timed-${name}`), at('footage.mp4'), signing)
      }
    } finally {
      await authority.close()
    }
    for (const { state, failures, successes, manifest } of readElsewhere(NAMES.map((name) => ({ file: at(`timed-${name}`), anchors })))) {
      expect([state, failures]).toEqual(['Trusted', []])
      expect(successes).toEqual(expect.arrayContaining(['timeStamp.validated', 'timeStamp.trusted']))
      expect(manifest.signature_info).toMatchObject({ issuer: 'Studio Example', alg: 'Es384' })
      expect(Math.abs(Date.parse(manifest.signature_info.time!) - Date.now())).toBeLessThan(120_000)
    }
  })

  it.each(NAMES)('one flipped bit of %s makes it Invalid, or unreadable', async (name) => {
    // C2PA's own binding leaves out the box that says what kind of file it is; dfk's reader does not.
    const ftyp = (await topBoxes(at(name))).find(({ type }) => type === 'ftyp')
    const all = (await places(name)).filter((place) => ftyp === undefined || place >= ftyp.end)
    expect(all.length).toBeGreaterThan(40)
    const reports = readElsewhere(all.map((place) => ({ file: flipped(name, place) })))
    const missed = all.filter((_, i) => !['Invalid', 'unreadable'].includes(reports[i]!.state))
    expect(missed).toEqual([])
    const codes = reports.flatMap(({ failures }) => failures).filter((code) => /mismatch$/.test(code))
    const binding = ftyp === undefined ? 'assertion.dataHash.mismatch' : 'assertion.bmffHash.mismatch'
    expect([...new Set(codes)].toSorted()).toEqual([binding, 'assertion.hashedURI.mismatch', 'claimSignature.mismatch'])
  })
})

describe('dfk reads what dfk signs', () => {
  it.each(NAMES)('one flipped bit of %s makes it invalid, wherever it is', async (name) => {
    const all = await places(name)
    const bytes = readFileSync(at(name))
    const box = (await topBoxes(at(name))).find(({ type }) => type === 'ftyp')
    if (box !== undefined) all.push(...Array.from({ length: box.end - box.body }, (_, i) => box.body + i))
    const states: [number, string | undefined][] = []
    for (const place of all) {
      const copy = flipped(name, place)
      states.push([place, (await readManifest(copy, undefined))?.state])
      rmSync(copy)
    }
    expect(states.filter(([, state]) => state === 'valid' || state === 'trusted')).toEqual([])
    expect(all.length).toBeGreaterThan(40)
    expect(bytes.length).toBeGreaterThan(8000)
  })
})
