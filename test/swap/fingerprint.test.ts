import { describe, expect, it, vi } from 'vitest'
import type { PicturePlan } from '../../src/media/index.ts'
import type { LabelPlan } from '../../src/provenance/index.ts'
import type { Look } from '../../src/swap/look.ts'
import type { Job } from '../../src/swap/output.ts'
import { fingerprintOf } from '../../src/swap/plan.ts'
import type { RenderOptions } from '../../src/swap/renderOptions.ts'
import type { NamedSwap, SwapRequest } from '../../src/swap/session.ts'
import type { FrameOptions, Shot } from '../../src/swap/shots.ts'

const enhancer = vi.hoisted(() => ({ name: 'enhancer', sha256: 'e' }))
const occlusion = vi.hoisted(() => ({ sha256: 'o' }))
vi.mock('../../src/swap/enhancer.ts', async (load) => ({ ...(await load<object>()), ENHANCER: enhancer }))
vi.mock('../../src/swap/occlusionNetwork.ts', async (load) => ({ ...(await load<object>()), OCCLUSION: occlusion }))

const LOOK: Look = {
  ...{ retarget: 1, mask: { kind: 'both', erodePercent: 3, blurPercent: 4 }, occlusion: 1, hair: 1, colour: 'rct', blend: 'feather' },
  ...{ detail: 0, sharpen: 0.4, enhance: 1, grain: 0 },
}
const LABEL: LabelPlan = { text: 'AI', place: 'top-left', on: true, seconds: 4, required: false }
const PICTURE: Required<PicturePlan> = {
  ...{ encoder: 'libx264', quality: 17, preset: 'veryfast', isLossless: false, chroma: 420, bits: 8, pixels: 'yuv420p' },
  ...{ encode: 'yuv420p', fullRange: false, tags: {}, sar: { num: 1, den: 1 }, timeBase: { num: 1, den: 25 } },
  ...{ fields: undefined, threads: 2, hdr: undefined, chromaLocation: undefined, lost: undefined },
}
const OPTIONS: FrameOptions = { on: true, choice: 'target', threshold: 0.5, look: LOOK, strength: 1, label: undefined }
const SHOT: Shot = { span: { first: 0, last: 9 }, options: OPTIONS }
const LAYERS = { format: 'png', alpha: 'straight', folder: 'plates' } as const
const MEMBER = { person: 'bob', run: 'tiny', still: [0.5] }

/** What a fingerprint is made of, each part to be changed by itself. */
interface Parts {
  footage: string
  /** Hashes of the records. */
  consent: string[]
  member: object
  generator: { sha256: string; retargetingSha256: string }
  request: Partial<SwapRequest>
  label: LabelPlan
  picture: Required<PicturePlan>
  options: RenderOptions
  job: Job
}

const PARTS: Parts = {
  footage: 'f',
  consent: ['source', 'target'],
  member: MEMBER,
  generator: { sha256: 'g', retargetingSha256: 'r' },
  request: { threshold: 0.5, choice: 'target', look: LOOK, shots: [SHOT], provider: 'us', device: 'cpu' },
  label: LABEL,
  picture: PICTURE,
  options: {
    ...{ encoder: 'auto', quality: 17, preset: 'veryfast', range: { fromS: 1, toS: 2 }, preview: undefined, segment: 500 },
    layers: LAYERS,
  },
  job: { path: 'clip.mp4', kind: 'video', output: 'out.mp4' },
}

/** The fingerprint of a render whose parts are `PARTS` but for the changes. */
function printOf(changes: Partial<Parts> = {}): string {
  const { footage, consent, member, generator, request, label, picture, options, job } = { ...PARTS, ...changes }
  const session = {
    ...{
      request,
      label,
      footage: new Map([[job.path, footage]]),
      generators: new Map([
        ['tiny', generator],
        ['huge', generator],
      ]),
    },
    permission: { cast: { members: [member] }, authorization: { consent: consent.map((hash) => ({ hash })) } },
  } as unknown as NamedSwap
  return fingerprintOf(session, job, picture, options)
}

const request = (changes: Partial<SwapRequest>): Partial<Parts> => ({ request: { ...PARTS.request, ...changes } })
const options = (changes: Partial<RenderOptions>): Partial<Parts> => ({ options: { ...PARTS.options, ...changes } })
const shot = (changes: Partial<FrameOptions>): Partial<Parts> => request({ shots: [{ ...SHOT, options: { ...OPTIONS, ...changes } }] })

/** A change for each field of an object: what is new in it has to be said here. */
type Others<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> }
function each<T extends object>(
  name: string,
  others: Others<T>,
  change: (changes: Partial<T>) => Partial<Parts>,
): [string, Partial<Parts>][] {
  return Object.entries(others).map(([key, value]) => [`${name}: ${key}`, change({ [key]: value } as Partial<T>)])
}

const MASK: Others<Look['mask']> = { kind: 'hull', erodePercent: 5, blurPercent: 6 }
const OTHER_LOOK: Others<Look> = {
  ...{ retarget: 0, mask: { ...LOOK.mask, kind: 'learned' }, occlusion: 0, hair: 0, colour: 'lct', blend: 'poisson' },
  ...{ detail: 1, sharpen: 0, enhance: 0.5, grain: 1 },
}

const CHANGES: [string, Partial<Parts>][] = [
  ['footage', { footage: 'other' }],
  ['a record more', { consent: ['source', 'target', 'extra'] }],
  ['another record', { consent: ['source', 'other'] }],
  ['person', { member: { ...MEMBER, person: 'eve' } }],
  ['run', { member: { ...MEMBER, run: 'huge' } }],
  ['still', { member: { ...MEMBER, still: [0.6] } }],
  ['checkpoint', { generator: { ...PARTS.generator, sha256: 'other' } }],
  ['what it lacks', { generator: { ...PARTS.generator, retargetingSha256: 'other' } }],
  ['threshold', request({ threshold: 0.4 })],
  ['choice', request({ choice: 'largest' })],
  ...each<Look>('look', OTHER_LOOK, (changes) => request({ look: { ...LOOK, ...changes } })),
  ['look: sharpen by itself', request({ look: { ...LOOK, sharpen: 'auto' } })],
  ...each<Look['mask']>('mask', MASK, (changes) => request({ look: { ...LOOK, mask: { ...LOOK.mask, ...changes } } })),
  ...each<LabelPlan>('label', { text: 'KI', place: 'top-right', on: false, seconds: 3, required: true }, (changes) => ({
    label: { ...LABEL, ...changes },
  })),
  ...each<PicturePlan>(
    'picture',
    {
      ...{ encoder: 'libx265', quality: 18, preset: 'slow', isLossless: true, chroma: 444, bits: 10, pixels: 'yuv444p' },
      ...{ encode: 'nv12', fullRange: true, tags: { matrix: 'bt709' }, sar: { num: 4, den: 3 }, timeBase: { num: 1, den: 30 } },
      ...{ fields: 'top', threads: 3, hdr: {}, chromaLocation: 'topleft', lost: ['light'] },
    },
    (changes) => ({ picture: { ...PICTURE, ...changes } as Required<PicturePlan> }),
  ),
  ['range: from', options({ range: { fromS: 0, toS: 2 } })],
  ['range: to', options({ range: { fromS: 1, toS: 3 } })],
  ['segment', options({ segment: 100 })],
  ['no layers', options({ layers: undefined })],
  ['layers: format', options({ layers: { ...LAYERS, format: 'exr' } })],
  ['layers: alpha', options({ layers: { ...LAYERS, alpha: 'premultiplied' } })],
  ['layers: who answers for them', request({ provider: 'them' })],
  ['no shots', request({ shots: [] })],
  ['shot: frames', request({ shots: [{ ...SHOT, span: { first: 0, last: 8 } }] })],
  ...each<FrameOptions>(
    'shot',
    { on: false, choice: 'all', threshold: 0.3, look: { ...LOOK, grain: 1 }, strength: 0.5, label: false },
    shot,
  ),
]

describe('what a render is resumed by', () => {
  it.each(CHANGES)('is another with another one: %s', (_, changes) => {
    expect(printOf(changes)).not.toBe(printOf())
  })

  it('differs for all of these', () => {
    const prints = CHANGES.map(([, changes]) => printOf(changes))
    expect(new Set(prints).size).toBe(prints.length)
  })

  it.each([
    ['enhancer', enhancer, { enhance: 0 }],
    ['occlusion network', occlusion, { occlusion: 0 }],
  ])('is another with other weights of the %s, where it is asked for', (_, network, off) => {
    const plain = request({ look: { ...LOOK, ...off }, shots: [] })
    const before = [printOf(), printOf(plain)]
    const { sha256 } = network
    network.sha256 = 'other'
    const after = [printOf(), printOf(plain)]
    network.sha256 = sha256
    expect(after[0]).not.toBe(before[0])
    expect(after[1]).toBe(before[1])
  })

  it.each([
    ['another place', { job: { ...PARTS.job, output: 'elsewhere.mp4' } }],
    ['another folder for the layers', options({ layers: { ...LAYERS, folder: 'elsewhere' } })],
    ['another device', request({ device: 'webgpu' })],
    ['the records in another order', { consent: ['target', 'source'] }],
  ] satisfies [string, Partial<Parts>][])('is the same with %s', (_, changes) => {
    expect(printOf(changes)).toBe(printOf())
  })
})
