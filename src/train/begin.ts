import { readFile } from 'node:fs/promises'
import { authorize, consentHash, loadBoundConsent, matchesSubject, type SignedConsent } from '../consent/index.ts'
import { PEOPLE, type Person } from '../models/generator.ts'
import { PRESETS, type PresetName } from '../models/presets.ts'
import { openRun, type Run, type RunConfig, runExists, runFolder, saveRun, type Training } from '../store/checkpoint.ts'
import { type Dataset, datasetConsentPath, datasetFootage, openDataset } from '../store/dataset.ts'
import { DfkError, RefusedError, UsageError } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'
import { type Faceset, loadFaceset } from './faceset.ts'

/** What the user asks of a run; what is left out comes from the run, or from the preset for a new one. */
export interface RunRequest {
  readonly home: string
  readonly name: string
  readonly source?: string | undefined
  readonly target?: string | undefined
  readonly preset?: PresetName | undefined
  readonly batch?: number | undefined
  readonly accumulate?: number | undefined
  readonly precision?: 'float32' | 'float16' | undefined
  readonly seed?: number | undefined
  readonly flip?: boolean | undefined
  readonly training: { readonly [K in keyof Training]?: Training[K] | undefined }
}

/** One side of a run, with consent given. */
interface Side {
  /** As the user named it. */
  readonly name: string
  readonly dataset: Dataset
  readonly consent: SignedConsent
}

/** A run that may be trained: settings decided, consent given; nothing has been written. */
export interface Intent {
  readonly folder: string
  readonly isNew: boolean
  readonly settings: Omit<RunConfig, 'source' | 'target'>
  readonly sides: Record<Person, Side>
}

/** Decides what to train with; throws UsageError, RefusedError or DfkError where that cannot be. Writes nothing. */
export async function intend(request: RunRequest): Promise<Intent> {
  const isNew = !(await runExists(request.home, request.name))
  const earlier = isNew ? undefined : (await openRun(request.home, request.name)).config
  const names = {
    source: datasetName('source', request.source, earlier),
    target: datasetName('target', request.target, earlier),
  }
  if (names.source === names.target) {
    throw new UsageError(`expected two people but --source and --target are both ${names.source}`, {
      hint: 'the source is whose face is rendered, the target whose footage receives it',
    })
  }
  const sides = { source: await openSide(request.home, names.source), target: await openSide(request.home, names.target) }
  const { framing, landmarks } = checkFraming(sides)
  authorize({
    action: 'train',
    home: request.home,
    parties: PEOPLE.map((role) => ({ role, record: sides[role].consent, footage: datasetFootage(sides[role].dataset) })),
  })
  const folder = runFolder(request.home, request.name)
  const settings = earlier === undefined ? settingsOf(request, framing, landmarks) : keptSettings(request, earlier, framing)
  for (const person of PEOPLE) checkSize(sides[person].dataset, settings.sizePx)
  return { folder, isNew, settings, sides }
}

function datasetName(person: Person, asked: string | undefined, earlier: RunConfig | undefined): string {
  const kept = earlier?.[person].dataset
  if (asked !== undefined && kept !== undefined && asked !== kept) {
    throw new DfkError(`expected --${person} ${kept}, as the run began, but found ${asked}`, { hint: 'train this pair under another name' })
  }
  const name = asked ?? kept
  if (name === undefined)
    throw new UsageError(`expected --${person} <dataset> for a new run but found none`, {
      hint: 'dfk train my-run --source alice --target bob',
    })
  return name
}

async function openSide(home: string, name: string): Promise<Side> {
  const dataset = await openDataset(home, name)
  const consent = await loadBoundConsent(datasetConsentPath(dataset), dataset.manifest.consent.hash, name)
  return { name, dataset, consent }
}

function checkFraming(sides: Record<Person, Side>): { framing: string; landmarks: 'facemesh' | 'face-api' } {
  const [source, target] = PEOPLE.map((person) => alignedOf(sides[person].dataset)) as [
    ReturnType<typeof alignedOf>,
    ReturnType<typeof alignedOf>,
  ]
  if (source.framing !== target.framing || source.landmarks !== target.landmarks) {
    throw new DfkError(
      `expected both datasets to be aligned in one way but ${sides.source.name} is ${source.landmarks} ${source.framing} and ${sides.target.name} ${target.landmarks} ${target.framing}`,
      { hint: 'run dfk align again on the older one' },
    )
  }
  return source
}

function alignedOf(dataset: Dataset): NonNullable<Dataset['manifest']['aligned']> {
  const { aligned } = dataset.manifest
  if (aligned !== undefined) return aligned
  throw new DfkError(`expected an aligned faceset in ${dataset.name} but it has not been aligned`, {
    hint: `run: dfk align ${dataset.name}`,
  })
}

function checkSize(dataset: Dataset, sizePx: number): void {
  const found = alignedOf(dataset).sizePx
  if (found >= sizePx) return
  throw new DfkError(`expected faces of at least ${sizePx} px in ${dataset.name} but they are aligned to ${found} px`, {
    hint: `run: dfk align ${dataset.name} --size ${Math.max(256, sizePx)}, or train with a smaller --preset`,
  })
}

function settingsOf(request: RunRequest, framing: string, landmarks: 'facemesh' | 'face-api'): Intent['settings'] {
  const presetName = request.preset ?? 'quick'
  const { generator, discriminator, batch, training } = PRESETS[presetName]
  const asked = Object.fromEntries(Object.entries(request.training).filter(([, value]) => value !== undefined))
  return {
    schema: 1,
    name: request.name,
    preset: presetName,
    generator: { ...generator, encoder: [...generator.encoder], decoder: [...generator.decoder] },
    discriminator: { ...discriminator },
    sizePx: generator.sizePx,
    framing,
    landmarks,
    seed: request.seed ?? 1,
    ...batchOf(request, batch),
    precision: request.precision ?? 'float32',
    flip: request.flip ?? false,
    training: { ...training, ...asked },
  }
}

function batchOf(request: RunRequest, preset: number): { batch: number; accumulate: number } {
  const { batch = preset, accumulate = 1 } = request
  if (batch % accumulate === 0) return { batch, accumulate }
  throw new UsageError(`expected --batch to be a multiple of --accumulate but found ${batch} and ${accumulate}`, {
    hint: `each part of a step takes as many faces: --accumulate ${accumulate} goes with --batch ${Math.ceil(batch / accumulate) * accumulate}`,
  })
}

/** What may change while a run goes on: what its log gives advice on. The same call without the change would train on as before. */
const CHANGEABLE = ['augmentation', 'adversarialWeight', 'adversarialFrom'] as const

/** The settings of a run that goes on: the same as before but for what may change, or else it is another run. */
function keptSettings(
  request: RunRequest,
  { source: _source, target: _target, ...earlier }: RunConfig,
  framing: string,
): Intent['settings'] {
  const asked: Record<string, unknown> = {
    preset: request.preset,
    batch: request.batch,
    accumulate: request.accumulate,
    precision: request.precision,
    seed: request.seed,
    flip: request.flip || undefined,
    ...request.training,
  }
  const kept: Record<string, unknown> = { ...earlier, ...earlier.training }
  for (const [key, value] of Object.entries(asked)) {
    if (value === undefined || value === kept[key] || (CHANGEABLE as readonly string[]).includes(key)) continue
    throw new DfkError(`expected ${FLAGS[key] ?? key} ${kept[key]}, as run ${request.name} began, but found ${value}`, {
      hint: 'leave it out to go on, or train under another name',
    })
  }
  if (framing !== earlier.framing) {
    throw new DfkError(`expected faces aligned as ${earlier.framing}, as run ${request.name} began, but found ${framing}`, {
      hint: 'train under another name with the faces as they are now',
    })
  }
  const changed = CHANGEABLE.flatMap((key) => (request.training[key] === undefined ? [] : [[key, request.training[key]]]))
  return { ...earlier, training: { ...earlier.training, ...Object.fromEntries(changed) } }
}

const FLAGS: Record<string, string> = {
  preset: '--preset',
  batch: '--batch',
  accumulate: '--accumulate',
  precision: '--precision',
  seed: '--seed',
  flip: '--flip',
  rate: '--rate',
}

/** Loads the faces of both people and writes the run's config and consent records. */
export async function beginRun(
  intent: Intent,
  earlier: RunConfig | undefined,
  work: WorkOptions,
): Promise<{ run: Run; facesets: Record<Person, Faceset> }> {
  const { settings, sides, folder } = intent
  const facesets: Partial<Record<Person, Faceset>> = {}
  const parties: Partial<Record<Person, RunConfig['source']>> = {}
  const texts: Partial<Record<Person, string>> = {}
  for (const person of PEOPLE) {
    const { name, dataset, consent } = sides[person]
    const faceset = await loadFaceset(dataset, settings.sizePx, work)
    checkSubject(name, faceset, consent)
    const before = earlier?.[person]
    if (before !== undefined && before.facesSha256 !== faceset.sha256) {
      throw new DfkError(`expected the faces of ${name} that run ${settings.name} began with but they have changed`, {
        hint: 'train with the new faces under another name',
      })
    }
    facesets[person] = faceset
    parties[person] = {
      dataset: name,
      consentHash: consentHash(consent),
      subject: consent.record.subject.id,
      descriptor: faceset.descriptor,
      facesSha256: faceset.sha256,
      faces: faceset.train.count,
    }
    texts[person] = await readFile(datasetConsentPath(dataset), 'utf8')
  }
  const config: RunConfig = { ...settings, source: parties.source!, target: parties.target! }
  return {
    run: await saveRun(folder, config, { source: texts.source!, target: texts.target! }),
    facesets: facesets as Record<Person, Faceset>,
  }
}

function checkSubject(name: string, faceset: Faceset, consent: SignedConsent): void {
  const { matches, distance } = matchesSubject(consent, faceset.descriptor)
  if (matches) return
  throw new RefusedError(
    'biometric',
    `expected in ${name} the face that the consent record describes but the mean face is ${distance.toFixed(2)} away [biometric]`,
    {
      hint: 'collect this person again under their own record',
    },
  )
}
