import { resolve } from 'node:path'
import type { AuthorizationRequest } from '../consent/index.ts'
import { type AlignedFaces, type FaceAnalyser, FRAMING, openAlignedFaces, openFaceAnalyser } from '../faces/index.ts'
import { type FootageHash, hashFootage } from '../media/index.ts'
import { type LabelPlan, type LabelWish, planLabel, requireMarks, type Signing } from '../provenance/index.ts'
import { screenFootage } from '../screening/screen.ts'
import type { Run } from '../store/checkpoint.ts'
import { type Generator, type NamedGenerator, openGenerator } from '../store/generator.ts'
import type { Device, DeviceName } from '../tensor/index.ts'
import { openDevice } from '../tensor/index.ts'
import { BufferPools } from '../work/bufferPool.ts'
import { type Clock, timed } from '../work/clock.ts'
import { collectSeldom } from '../work/collector.ts'
import { DfkError } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'
import { LOOKS_AT_ONCE } from './again.ts'
import { castRuns, faceOfStill } from './choice.ts'
import { type Enhancer, enhancedTimes, openEnhancer, wantsEnhancer } from './enhancer.ts'
import { type FinishPool, openFinishPool } from './finish/pool.ts'
import { begunOutput } from './job.ts'
import { type OcclusionNetwork, openOcclusionNetwork, wantsOcclusion } from './occlusionNetwork.ts'
import type { Job } from './output.ts'
import { type Permission, type Purpose, permitSwap } from './permission.ts'
import { type ClipOptions, looksOf, optionsAt } from './shots.ts'
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
  readonly generators: ReadonlyMap<string, NamedGenerator>
}

/** What renders one clip or picture after the other. */
export interface SwapSession extends NamedSwap {
  /** By the name of the run. */
  readonly generators: ReadonlyMap<string, Generator>
  readonly analyser: FaceAnalyser
  /** Looks again at what was drawn, where a face is to be moved on and a checkpoint says by how much. */
  readonly aligned?: AlignedFaces | undefined
  /** Makes close-ups finer, where that is asked for. */
  readonly enhancer?: Enhancer | undefined
  /** Sees what is in front of faces, where that is to be let through. */
  readonly occlusion?: OcclusionNetwork | undefined
  readonly finisher: FinishPool
  /** Where frames come from and go back to, of all clips. */
  readonly pools: BufferPools
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

/** The enhancer for the faces that some generators draw; undefined, with a warning, where all of them draw as large as it does. */
async function enhancerFor(
  generators: ReadonlyMap<string, Generator>,
  device: Device,
  batch: number,
  onWarning: (message: string) => void,
): Promise<Enhancer | undefined> {
  const sizesPx: number[] = []
  for (const [name, { sizePx }] of generators) {
    const times = enhancedTimes(sizePx)
    if (times > 1) sizesPx.push(sizePx * times)
    else onWarning(`--enhance: changes nothing of ${name}, which draws faces of ${sizePx} px`)
  }
  return sizesPx.length === 0 ? undefined : openEnhancer(device, sizesPx, batch)
}

/** Loads the generators and the face networks. `batch`: faces that the generator renders at once. */
export async function openSession(permitted: PermittedSwap, batch: number, onWarning: (message: string) => void): Promise<SwapSession> {
  collectSeldom()
  const opened: { dispose(): Promise<void> }[] = []
  const keep = <T extends { dispose(): Promise<void> }>(each: T): T => {
    opened.push(each)
    return each
  }
  const dispose = async () => {
    for (const each of opened.splice(0).reverse()) await each.dispose()
  }
  try {
    return { ...permitted, ...(await openNetworks(permitted, batch, onWarning, keep)), pools: new BufferPools(), dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

/** What a session computes with; `keep` is handed all that is to be disposed of. */
type Networks = Pick<SwapSession, 'generators' | 'analyser' | 'aligned' | 'enhancer' | 'occlusion' | 'finisher'>

async function openNetworks(
  { request, runs }: PermittedSwap,
  batch: number,
  onWarning: (message: string) => void,
  keep: <T extends { dispose(): Promise<void> }>(each: T) => T,
): Promise<Networks> {
  // Decoder, encoder, finishing threads and this one all have work while a network computes.
  const device = await openDevice(request.device, { sharesCores: true })
  const choice = { step: request.checkpoint, onDamaged: onWarning }
  const withOwn = wantsOcclusion(request)
  const generators = new Map<string, Generator>()
  for (const run of runs) generators.set(run.name, keep(await openGenerator(run, device, { batch, choice, withOwn })))
  const wantsMoving = looksOf(request).some(({ retarget }) => retarget > 0)
  for (const [name, { displacements }] of generators) {
    if (wantsMoving && displacements === undefined)
      onWarning(
        `--retarget: changes nothing of ${name}, whose checkpoint does not know what its swaps lack; training it further measures that, of 48 faces or more`,
      )
  }
  const enhancer = wantsEnhancer(request) ? await enhancerFor(generators, device, batch, onWarning) : undefined
  if (enhancer !== undefined) keep(enhancer)
  const occlusion = withOwn ? keep(await openOcclusionNetwork(device, batch)) : undefined
  const analyser = keep(await openFaceAnalyser(device))
  const looksAgain = wantsMoving && [...generators.values()].some(({ leftover }) => leftover !== undefined)
  const aligned = looksAgain ? keep(openAlignedFaces(device, LOOKS_AT_ONCE)) : undefined
  const finisher = openFinishPool()
  keep({ dispose: () => finisher.close() })
  return { generators, analyser, aligned, enhancer, occlusion, finisher }
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
