import { rm } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { type AuthorizationRequest, recordOutput } from '../consent/index.ts'
import { type FaceAnalyser, FRAMING, openFaceAnalyser } from '../faces/index.ts'
import { type FootageHash, hashFootage } from '../media/index.ts'
import {
  type Label,
  type LabelPlan,
  type LabelWish,
  type ManifestSummary,
  planLabel,
  requireMarks,
  type Signing,
  stampOutput,
} from '../provenance/index.ts'
import { screenFootage } from '../screening/screen.ts'
import type { Run } from '../store/checkpoint.ts'
import { type Generator, openGenerator } from '../store/generator.ts'
import type { DeviceName } from '../tensor/index.ts'
import { openDevice } from '../tensor/index.ts'
import { type Clock, timed } from '../work/clock.ts'
import { DfkError, EXIT } from '../work/errors.ts'
import { hashFile } from '../work/hashFile.ts'
import type { WorkOptions } from '../work/progress.ts'
import { castRuns, faceOfStill } from './choice.ts'
import { type FinishPool, openFinishPool } from './finish/pool.ts'
import { begunOutput } from './job.ts'
import type { Job } from './output.ts'
import { type Permission, type Purpose, permitSwap } from './permission.ts'
import { type ClipOptions, optionsAt } from './shots.ts'
import { ShotTracker, type Tracker } from './shotTracker.ts'
import { FaceTracker } from './track.ts'

/** Everything that a swap is asked for besides the files. */
export interface SwapRequest extends ClipOptions {
  readonly home: string
  /** The run that renders; not with `map`. */
  readonly run: string | undefined
  /** Who is rendered by which run, as `person=run`; empty: `choice` says. */
  readonly map: readonly string[]
  /** A still of the person who is replaced. */
  readonly faceImage: string | undefined
  /** Steps of the checkpoint to render with; `undefined`: the newest. */
  readonly checkpoint: number | undefined
  /** Paths of records for the clip's other people. */
  readonly consent: readonly string[]
  /** What it is for; absent: for nobody outside, and nothing is declared. */
  readonly purpose?: Purpose | undefined
  readonly device: DeviceName | 'auto'
  /** Who signs, where it is not this installation. */
  readonly signing?: Signing | undefined
  /** What is asked for of the visible label besides `label`: that it is there. */
  readonly labelling: Omit<LabelWish, 'on'>
  /** Who answers for the output. */
  readonly provider?: string | undefined
}

/** A swap that the records allow, before anything heavy is loaded. */
export interface PermittedSwap {
  readonly request: SwapRequest
  /** All runs that render, the first first. */
  readonly runs: readonly Run[]
  readonly permission: Permission
  readonly label: LabelPlan
  /** SHA-256 of each clip or picture to render, by its path. */
  readonly footage: ReadonlyMap<string, string>
  /** Ids of outputs that an earlier call began, by their place: the records were asked knowing them. */
  readonly resumed: ReadonlyMap<string, string>
}

/** A swap whose weights are known by their hashes, before any network is loaded. */
export interface NamedSwap extends PermittedSwap {
  /** By the name of the run. */
  readonly generators: ReadonlyMap<string, Pick<Generator, 'sha256'>>
}

/** What renders one clip or picture after the other. */
export interface SwapSession extends NamedSwap {
  /** By the name of the run. */
  readonly generators: ReadonlyMap<string, Generator>
  readonly analyser: FaceAnalyser
  readonly finisher: FinishPool
  /** Where a benchmark wants to know what takes how long. */
  readonly clock?: Clock | undefined
  dispose(): Promise<void>
}

/** Outputs that the log names when a swap is allowed. */
const MOST_NAMED = 20

function requireFraming(run: Run): void {
  if (run.config.framing === FRAMING) return
  throw new DfkError(`expected a run whose faces are framed as ${FRAMING} but ${run.name} was trained with ${run.config.framing}`, {
    hint: 'align its datasets again with this version and train a new run',
  })
}

/** The records that a render is made under, as its folder names them. */
export function hashesOf({ permission }: PermittedSwap): string[] {
  return permission.authorization.consent.map(({ hash }) => hash)
}

/**
 * Opens the runs and asks the consent records about this footage. Throws RefusedError where they do not allow it, DfkError where the run does not fit. `known`: for callers
 * that know a clip's hash, and what it shows, already; its `log`: what the audit log says of it.
 */
export async function permit(
  request: SwapRequest,
  jobs: readonly Job[],
  { signal, onProgress }: WorkOptions,
  known: {
    readonly hash?: typeof hashFootage
    readonly screen?: typeof screenFootage
    readonly log?: AuthorizationRequest['log']
  } = {},
): Promise<PermittedSwap> {
  const { hash = hashFootage, screen = screenFootage, log = 'all' } = known
  const { runs, map } = await castRuns(request)
  for (const run of runs) requireFraming(run)
  const footage: FootageHash[] = []
  for (const [index, job] of jobs.entries()) {
    footage.push(await hash(job.path, signal))
    onProgress?.({ done: index + 1, total: jobs.length })
  }
  const resumed = new Map<string, string>()
  for (const { output } of jobs) {
    const id = await begunOutput(output)
    if (id !== undefined) resumed.set(output, id)
  }
  const { home, choice, threshold, consent: extra, faceImage, purpose } = request
  const still = faceImage === undefined ? undefined : await faceOfStill(faceImage, request.device)
  const permission = await permitSwap({
    home,
    runs,
    map,
    choice,
    still,
    extra,
    threshold,
    footage,
    outputs: jobs.length,
    resumed: [...resumed.values()],
    purpose,
    log,
    // Each output is logged by itself once it is there; of a folder of thousands the first will do here.
    about: {
      runs: runs.map(({ folder }) => folder),
      outputs: jobs.slice(0, MOST_NAMED).map(({ output }) => resolve(output)),
      files: jobs.length,
    },
  })
  const { labelling } = request
  const isLeftOut = request.label === false || request.shots.some(({ options }) => options.label === false)
  const asked = isLeftOut ? false : request.label
  const plan = planLabel({ ...labelling, on: asked }, permission.authorization.disclosure.visibleLabel)
  for (const { output } of jobs) requireMarks(output, labelling.laws)
  const paths = jobs.map(({ path }) => path)
  await screen(paths, { device: request.device, signal })
  const hashes = new Map(jobs.map(({ path }, index) => [path, footage[index]!.sha256]))
  return { request, runs, permission, label: { ...plan, on: request.label ?? plan.on }, footage: hashes, resumed }
}

/** Loads the generators and the face networks. `batch`: faces that the generator renders at once. */
export async function openSession(permitted: PermittedSwap, batch: number, onWarning: (message: string) => void): Promise<SwapSession> {
  const device = await openDevice(permitted.request.device)
  const choice = { step: permitted.request.checkpoint, onDamaged: onWarning }
  const { look, shots } = permitted.request
  const withOwn = [look, ...shots.map(({ options }) => options.look)].some(({ occlusion }) => occlusion > 0)
  const generators = new Map<string, Generator>()
  for (const run of permitted.runs) generators.set(run.name, await openGenerator(run, device, { batch, choice, withOwn }))
  const analyser = await openFaceAnalyser(device)
  const finisher = openFinishPool()
  return {
    ...permitted,
    generators,
    analyser,
    finisher,
    async dispose() {
      await finisher.close()
      await analyser.dispose()
      for (const generator of generators.values()) await generator.dispose()
    },
  }
}

/** A tracker for the next clip. */
export function newTracker({ analyser, permission, request, clock }: SwapSession): Tracker {
  const tracker = new ShotTracker(
    analyser,
    (frame) => optionsAt(request, frame),
    ({ choice, threshold }) => new FaceTracker({ analyser, cast: permission.castFor(choice, threshold) }),
  )
  if (clock !== undefined) {
    const next = tracker.next.bind(tracker)
    tracker.next = (...frame) => timed(clock, 'look', () => next(...frame))
  }
  return tracker
}

/** An output on its way: how it is signed and logged. */
export interface Mark {
  /** Signs the finished file `partial`, which will then be renamed to the job's output, and logs it: no output is there that is not counted. */
  stamp(partial: string): Promise<void>
  /** What the manifest says. */
  summary(): ManifestSummary
}

/** The label that a frame gets, by its place in the clip: `startS` is where the output begins. */
export function labelAt(
  { label, request }: PermittedSwap,
  frame: { readonly index: number; readonly timeS: number },
  startS: number,
): Label | undefined {
  const isWanted = (optionsAt(request, frame).label ?? label.on) && frame.timeS < startS + label.seconds
  return isWanted ? { text: label.text, place: label.place } : undefined
}

/** What the manifest of anything that a swap makes says of it, besides the file. */
export function provenanceOf(session: NamedSwap, job: Job, outputId: string) {
  const { permission, request, generators, footage, label } = session
  const [model, ...otherModels] = [...generators].map(([name, { sha256 }]) => ({ name, sha256 }))
  const isLabelled = label.on || request.shots.some(({ options }) => options.label === true)
  return {
    ...{ parent: job.path, parentSha256: footage.get(job.path), outputId, model: model!, otherModels, watermark: true },
    ...{ consent: permission.authorization.consent, label: isLabelled ? label.text : undefined },
    ...{ use: request.purpose, home: request.home, signing: request.signing, provider: request.provider },
  }
}

/** Prepares the provenance of one output; `layers`: the folder of what is written for compositors besides. */
export function markOutput(session: NamedSwap, job: Job, outputId: string, layers?: string): Mark {
  const { request, permission } = session
  const provenance = provenanceOf(session, job, outputId)
  const title = basename(job.output)
  let summary: ManifestSummary | undefined
  return {
    async stamp(partial) {
      await permission.recheck()
      summary = await stampOutput({ ...provenance, file: partial, placedAt: job.output, title })
      try {
        const about = {
          ...{ publish: request.purpose?.publish === true, ...(layers !== undefined && { layers: resolve(layers) }) },
          // Nothing inside it says what it is: so it is known again when what lies beside it is lost.
          ...(!summary.embedded && { sha256: await hashFile(partial) }),
        }
        await recordOutput(request.home, { outputId, path: resolve(job.output), records: permission.records, about })
      } catch (error) {
        if (!summary.embedded) await rm(summary.file, { force: true })
        throw error
      }
    },
    summary: () => summary!,
  }
}

/** What was seen of faces, for the error where nobody was replaced. */
export interface Seen {
  /** Faces met in all frames that were looked at, replaced or not. */
  facesSeen: number
  /** Least distance of a face that was left alone to the people who consent. */
  nearest: number
}

/** Nobody was replaced, so nothing was written. */
export class NothingSwappedError extends DfkError {}

/** The error for footage in which nobody was replaced. */
export function nothingSwapped(path: string, frames: number, tracker: Readonly<Seen>): NothingSwappedError {
  const where = frames === 1 ? path : `the ${frames} frames of ${path}`
  if (tracker.facesSeen === 0)
    return new NothingSwappedError(`expected a face in ${where} but found none`, {
      hint: 'give footage in which the target is seen from the front or half-way',
    })
  const nearest = Number.isFinite(tracker.nearest) ? ` (nearest descriptor distance ${tracker.nearest.toFixed(2)})` : ''
  return new NothingSwappedError(`expected the target's face in ${where} but none of the faces found is theirs${nearest} [biometric]`, {
    hint: "give footage of the run's target, or add a record for that person with --consent and choose --face largest",
    exitCode: EXIT.refused,
  })
}
