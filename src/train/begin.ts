import { join } from 'node:path'
import {
  type AuthorizationRequest,
  authorize,
  consentHash,
  loadBoundConsent,
  requireSubject,
  type SignedConsent,
} from '../consent/index.ts'
import { PEOPLE, type Person } from '../models/generator.ts'
import { openRun, type Run, type RunConfig, runExists, runFolder, saveRun } from '../store/checkpoint.ts'
import { type Dataset, datasetConsentPath, datasetFootage, openDataset } from '../store/dataset.ts'
import { DfkError, UsageError } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'
import { writeWhole } from '../work/whole.ts'
import { type Coverage, coverageOf } from './coverage.ts'
import { type Faceset, loadFaceset } from './faceset.ts'
import { keptSettings, newSettings, type Settings, type SettingsRequest } from './settings.ts'

/** What the user asks of a run; what is left out comes from the run, or from the preset for a new one. */
export interface RunRequest extends SettingsRequest {
  readonly home: string
  readonly name: string
  readonly source?: string | undefined
  readonly target?: string | undefined
  /** What the audit log says of it; default: everything. */
  readonly log?: AuthorizationRequest['log']
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
  readonly settings: Settings
  readonly sides: Record<Person, Side>
  /** Asks the records again, in the course of a long training. Throws RefusedError where one of them does not hold any more. */
  recheck(): Promise<void>
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
  const folder = runFolder(request.home, request.name)
  const ask = (log: AuthorizationRequest['log']) =>
    authorize({
      action: 'train',
      home: request.home,
      parties: PEOPLE.map((role) => {
        const { consent: record, dataset } = sides[role]
        return { role, record, footage: datasetFootage(dataset), heldAt: dataset.folder }
      }),
      about: { run: folder, datasets: PEOPLE.map((role) => sides[role].dataset.folder) },
      log,
    })
  await ask(request.log)
  const settings = earlier === undefined ? await newSettings(request, framing, landmarks) : keptSettings(request, earlier, framing)
  for (const person of PEOPLE) checkSize(sides[person].dataset, settings.sizePx)
  const recheck = async () => {
    await ask('refusals')
  }
  return { folder, isNew, settings, sides, recheck }
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

/** Both people's faces as a run would be trained on them. */
interface OpenPair {
  readonly config: RunConfig
  readonly facesets: Record<Person, Faceset>
  readonly coverage: Coverage
  /** The consent records as they were read and judged, whatever stands in the datasets' files by now. */
  readonly consent: Record<Person, string>
}

/** Opens the facesets of both people, which writes nothing. Throws DfkError where one cannot be trained on, shows somebody else than its record, or is not what the run began with. */
export async function openPair(intent: Intent, earlier: RunConfig | undefined, work: WorkOptions): Promise<OpenPair> {
  const { settings, sides } = intent
  const facesets: Partial<Record<Person, Faceset>> = {}
  const parties: Partial<Record<Person, RunConfig['source']>> = {}
  const texts: Partial<Record<Person, string>> = {}
  for (const person of PEOPLE) {
    const { name, dataset, consent } = sides[person]
    const faceset = await loadFaceset(dataset, settings.sizePx, work)
    requireSubject(consent, faceset.descriptor, name)
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
    texts[person] = `${JSON.stringify(consent, null, 2)}\n`
  }
  return {
    config: { ...settings, source: parties.source!, target: parties.target! },
    facesets: facesets as Record<Person, Faceset>,
    coverage: coverageOf({ source: facesets.source!.train, target: facesets.target!.train }),
    consent: texts as Record<Person, string>,
  }
}

/** Opens the facesets of both people and writes the run's config, consent records and what the facesets cover. */
export async function beginRun(
  intent: Intent,
  earlier: RunConfig | undefined,
  work: WorkOptions,
): Promise<{ run: Run; facesets: Record<Person, Faceset>; coverage: Coverage }> {
  const { folder } = intent
  const { config, facesets, coverage, consent } = await openPair(intent, earlier, work)
  const run = await saveRun(folder, config, consent)
  await writeWhole(join(folder, 'coverage.json'), `${JSON.stringify(coverage)}\n`)
  return { run, facesets, coverage }
}
