import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { draftConsent } from '../../src/consent/draft.ts'
import { makeKeyPair, openPrivateKey } from '../../src/consent/keys.ts'
import type { SignedConsent } from '../../src/consent/record.ts'
import { consentHash, signConsent } from '../../src/consent/signed.ts'
import { trustKey } from '../../src/consent/trust.ts'
import { FRAMING } from '../../src/faces/index.ts'
import { generatorShapes } from '../../src/models/generator.ts'
import { initialise } from '../../src/models/layers.ts'
import { seedRandom } from '../../src/models/random.ts'
import { MESH_POINTS, type Retargeting } from '../../src/models/retarget.ts'
import { type RunConfig, saveRun } from '../../src/store/checkpoint.ts'
import { storedRetargeting } from '../../src/store/retargeting.ts'
import { saveCheckpoint } from '../../src/store/save.ts'

const pair = makeKeyPair()
/** The key of `recordFor`. */
export const testKey = openPrivateKey(pair.privatePem)

/** A signed record of somebody with this descriptor. */
export function recordFor(
  subject: string,
  descriptor: readonly number[],
  changes: Partial<Parameters<typeof draftConsent>[0]> = {},
): SignedConsent {
  const draft = draftConsent({
    kind: 'subject',
    subject,
    status: 'adult',
    controller: 'dfk tests',
    description: 'Testing the renderer on this machine, nothing else',
    project: 'dfk',
    grants: ['collect', 'train', 'generate'],
    footage: [],
    media: ['test'],
    territory: ['here'],
    prohibited: [],
    from: '2020-01-01',
    until: '2029-01-01',
    threshold: 0.5,
    references: [[...descriptor]],
    disclosure: { visibleLabel: false, c2pa: true, watermark: true },
    now: new Date('2020-01-01T00:00:00Z'),
    ...changes,
  })
  return signConsent(draft, testKey, new Date('2020-01-01T00:00:00Z'))
}

/** Points all over the face, and what moves its lower half down, by how far it itself lies lower. */
const GRID = Float32Array.from(
  { length: 2 * MESH_POINTS },
  (_, i) => 0.2 + (0.6 * (i % 2 === 0 ? (i >> 1) % 22 : Math.floor((i >> 1) / 22))) / 21,
)
const LOWER = GRID.map((value, i) => (i % 2 === 1 && value > 0.5 ? 0.066 : 0))
const ASKEW: Retargeting = {
  ...{ mean: GRID, places: GRID, modes: LOWER, spread: Float32Array.of(0.1), moves: LOWER.map((value) => value * 0.8) },
  rest: GRID.map((_, i) => (i % 2 === 0 ? 0.01 : 0)),
  moved: undefined,
}

/** A run with an untrained generator of 32 px that paints the whole mask, saved by the real store; the key of `recordFor` is trusted in its home. */
export async function makeRun(
  home: string,
  name: string,
  target: SignedConsent,
  changes: { config?: Partial<RunConfig>; source?: SignedConsent; retargeting?: false | 'looked again' } = {},
): Promise<void> {
  await trustKey(home, new Date(), { publicKey: pair.publicKey, name: 'tests' })
  const source = changes.source ?? recordFor('source', new Array(128).fill(0.5))
  const generator = { sizePx: 32, encoder: [8, 8, 16, 16], code: 16, landmarks: 0, inner: 8, decoder: [8, 8, 8, 8], residuals: 1 }
  const party = (record: SignedConsent) => ({
    dataset: record.record.subject.id,
    consentHash: consentHash(record),
    subject: record.record.subject.id,
    descriptor: record.record.biometric.references[0]!,
    facesSha256: '0'.repeat(64),
    faces: 10,
  })
  const config: RunConfig = {
    schema: 1,
    name,
    preset: 'test',
    generator,
    discriminator: { base: 4, depth: 1 },
    sizePx: generator.sizePx,
    framing: FRAMING,
    landmarks: 'facemesh',
    seed: 1,
    batch: 2,
    accumulate: 1,
    precision: 'float32',
    flip: false,
    style: 'balanced',
    training: {
      rate: 1e-4,
      horizon: 10,
      adversarialWeight: 0,
      adversarialFrom: 1,
      adversarialRate: 1,
      averageFrom: 1,
      augmentation: 1,
      swapFrom: 1,
      optimizer: 'adam' as const,
      rateShare: 1,
      light: 0,
      compression: 0,
      occluders: 0,
      evenness: 0,
    },
    source: party(source),
    target: party(target),
    ...changes.config,
  }
  const text = (record: SignedConsent) => `${JSON.stringify(record, null, 2)}\n`
  const run = await saveRun(join(home, 'checkpoints', name), config, { source: text(source), target: text(target) })
  const weights = initialise(generatorShapes(generator), seedRandom(1))
  weights['source.out.bias']!.data[3] = 6
  const state = { step: 1, elapsedMs: 0, fraction: 0, random: [1, 2, 3, 4] }
  await saveCheckpoint(
    run,
    state,
    { generator: weights, ...(changes.retargeting !== false && storedRetargeting({ ...ASKEW, moved: changes.retargeting && GRID })) },
    { keep: 1, saveEvery: 1, milestoneEvery: 0 },
  )
}

/** Writes a record where `--consent` can find it. */
export function saveRecord(folder: string, name: string, record: object): string {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(record))
  return path
}
