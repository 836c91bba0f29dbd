import { join } from 'node:path'
import { cosine, type FaceAnalyser, landmarksOfMesh, unit } from '../faces/index.ts'
import { readPicture } from '../media/index.ts'
import { type Dataset, type FaceRecord, readFaces } from '../store/dataset.ts'
import { checkInterrupted, DfkError } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'
import { mean } from '../work/statistics.ts'

/** Descriptors by one recogniser, each of length 1. */
export interface Descriptors {
  /** The independent one, human's faceres: training and swapping never use it. */
  readonly judge: Float32Array
  /** The pipeline's own, face-api's. */
  readonly pipeline: Float32Array
}

export type Recogniser = keyof Descriptors

/** The source as the recognisers know it; two halves of the dataset, far apart in time, so that `own` is never compared with itself. */
export interface SourceIdentity {
  readonly reference: Descriptors
  readonly own: readonly Descriptors[]
  readonly faces: number
  /** Other people, one entry each, among whom the source is to be found again. */
  readonly others: readonly Descriptors[]
}

/** Faces of the dataset that are looked at, evenly over it. */
const MOST_FACES = 48

/** Mean direction of several descriptors, by both recognisers. */
export function meanDescriptors(all: readonly Descriptors[]): Descriptors {
  const direction = (of: Recogniser) => unit(all[0]![of].map((_, i) => all.reduce((sum, one) => sum + one[of][i]!, 0)))
  return { judge: direction('judge'), pipeline: direction('pipeline') }
}

function evenly<T>(items: readonly T[], most: number): T[] {
  const step = Math.max(1, items.length / most)
  return Array.from({ length: Math.min(items.length, most) }, (_, i) => items[Math.floor(i * step)]!)
}

/** Faces of a dataset, at most `most` evenly over it, by both recognisers. Throws DfkError where it has none. */
export async function describeDataset(dataset: Dataset, most: number, analyser: FaceAnalyser, work: WorkOptions): Promise<Descriptors[]> {
  const records = evenly(await readFaces(dataset), most)
  if (records.length === 0) {
    throw new DfkError(`expected faces in the dataset ${dataset.name} but found none`, { hint: `collect footage into it: dfk collect` })
  }
  const all: Descriptors[] = []
  for (const record of records) {
    checkInterrupted(work.signal)
    all.push(await describe(dataset, record, analyser))
    work.onProgress?.({ done: all.length, total: records.length })
  }
  return all
}

async function describe(dataset: Dataset, record: FaceRecord, analyser: FaceAnalyser): Promise<Descriptors> {
  const picture = await readPicture(join(dataset.folder, record.image))
  const judge = await analyser.judge(picture, landmarksOfMesh(Float32Array.from(record.mesh), record.confidence))
  return { judge, pipeline: unit(record.descriptor) }
}

/** Reads faces of the source's dataset and describes them by both recognisers. Throws DfkError where it has none. */
export async function describeSource(dataset: Dataset, analyser: FaceAnalyser, work: WorkOptions): Promise<SourceIdentity> {
  const all = await describeDataset(dataset, MOST_FACES, analyser, work)
  const half = Math.ceil(all.length / 2)
  return { reference: meanDescriptors(all.slice(0, half)), own: all.length > 1 ? all.slice(half) : all, faces: all.length, others: [] }
}

/** A frame's face in both clips. */
export interface DescribedPair {
  readonly swap: Descriptors
  readonly target: Descriptors
}

interface FrameIdentity {
  /** Cosine of the swap to the source. */
  readonly toSource: number
  /** Cosine of the swap to the target, as other frames of the clip show it. */
  readonly toTarget: number
  /** 0: no nearer to the source than the same frame of the target; 1: as near as the source's own frames. Null where source and target are too alike. */
  readonly scale: number | null
  /** Place of the source among source, target and the other people, nearest first: 1 = the face is taken for the source's. */
  readonly rank: number
}

export interface IdentityScale {
  readonly frames: readonly FrameIdentity[]
  /** Mean cosine of the source's own faces to its reference: what 1 on the scale means. */
  readonly ownToSource: number
  /** Mean cosine of the untouched target to the source: what 0 on the scale means. */
  readonly targetToSource: number
}

/**
 * Below this distance between "as its own" and "as the target", a scale between them would be noise. The judge has two clips of one man .02 to .04 apart, two
 * people of one sample pair .41; face-api's cosines lie closer together: .005 and .14.
 */
const LEAST_SPAN: Readonly<Record<Recogniser, number>> = { judge: 0.1, pipeline: 0.02 }

/**
 * Places each swapped frame between target and source. The reference of the target for a frame is the mean over the
 * other half of the clip, so that a frame is never compared with itself.
 */
export function identityScale(pairs: readonly DescribedPair[], source: SourceIdentity, of: Recogniser): IdentityScale {
  const reference = source.reference[of]
  const ownToSource = mean(source.own.map((own) => cosine(own[of], reference)))!
  const targetToSource = mean(pairs.map(({ target }) => cosine(target[of], reference))) ?? 0
  const span = ownToSource - targetToSource
  const half = Math.ceil(pairs.length / 2)
  const halves = [pairs.slice(0, half), pairs.slice(half)].map((part) =>
    part.length === 0 ? undefined : meanDescriptors(part.map(({ target }) => target)),
  )
  const frames = pairs.map(({ swap, target }, i): FrameIdentity => {
    const toSource = cosine(swap[of], reference)
    const other = (i < half ? halves[1] : halves[0]) ?? halves[0]!
    const scale = span < LEAST_SPAN[of] ? null : (toSource - cosine(target[of], reference)) / span
    const toTarget = cosine(swap[of], other[of])
    const nearer = [toTarget, ...source.others.map((person) => cosine(swap[of], person[of]))].filter((to) => to >= toSource)
    return { toSource, toTarget, scale, rank: 1 + nearer.length }
  })
  return { frames, ownToSource, targetToSource }
}
