import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { type AlignedRecord, type Dataset, readAligned } from '../store/dataset.ts'
import { checkInterrupted, DfkError } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'
import { drawAccents } from './accents.ts'
import type { Pictures } from './augment.ts'
import { restingFace } from './landmarks.ts'

/** Fewer faces than these teach nothing. */
const FEWEST_FACES = 8
/** Faces seen last are held out, so many of all. */
const HELD_OUT = 0.1
/** Most held-out faces that are kept for validation. */
const MOST_HELD_OUT = 128

/** One person's aligned faces in memory. */
export interface Faceset {
  readonly name: string
  /** What training draws from, at up to twice the training size, so that turning them does not blur. */
  readonly train: Pictures
  /** Faces that training never sees, at the training size. */
  readonly heldOut: Pictures
  /** Mean descriptor of the training faces. */
  readonly descriptor: number[]
  /** SHA-256 over all pictures as loaded. */
  readonly sha256: string
}

/** Loads an aligned dataset for pictures of side `sizePx`; throws DfkError where it is not aligned or has too few faces. */
export async function loadFaceset(dataset: Dataset, sizePx: number, { signal, onProgress }: WorkOptions = {}): Promise<Faceset> {
  const records = await readAligned(dataset)
  if (records.length < FEWEST_FACES) {
    throw new DfkError(`expected at least ${FEWEST_FACES} aligned faces in ${dataset.name} but found ${records.length}`, {
      hint: `collect more footage of this person, then: dfk align ${dataset.name}`,
    })
  }
  const { train, heldOut } = splitByTime(records)
  const total = train.length + heldOut.length
  const report = (done: number) => onProgress?.({ done, total, note: dataset.name })
  const trainPictures = await loadPictures(dataset, train, Math.min(2 * sizePx, records[0]!.sizePx), signal, report)
  const heldOutPictures = await loadPictures(dataset, heldOut, sizePx, signal, (done) => report(train.length + done))
  const hash = createHash('sha256')
  for (const { faces, masks, accents, landmarks, poses } of [trainPictures, heldOutPictures])
    hash.update(faces).update(masks).update(accents).update(landmarks).update(poses)
  return {
    name: dataset.name,
    train: trainPictures,
    heldOut: heldOutPictures,
    descriptor: meanDescriptor(train),
    sha256: hash.digest('hex'),
  }
}

/** Holds out the last tenth, by time, of each source that has ten faces; of all of them where none has. */
export function splitByTime(records: readonly AlignedRecord[]): { train: AlignedRecord[]; heldOut: AlignedRecord[] } {
  const bySource = new Map<string, AlignedRecord[]>()
  for (const record of records) {
    const group = bySource.get(record.source)
    if (group === undefined) bySource.set(record.source, [record])
    else group.push(record)
  }
  const train: AlignedRecord[] = []
  const heldOut: AlignedRecord[] = []
  for (const group of bySource.values()) {
    const ordered = [...group].sort((a, b) => a.timeS - b.timeS || a.frame - b.frame)
    const kept = ordered.length - Math.floor(ordered.length * HELD_OUT)
    train.push(...ordered.slice(0, kept))
    heldOut.push(...ordered.slice(kept))
  }
  if (heldOut.length === 0) heldOut.push(...train.splice(Math.floor(train.length * (1 - HELD_OUT))))
  const every = Math.max(1, heldOut.length / MOST_HELD_OUT)
  const thinned = Array.from({ length: Math.min(heldOut.length, MOST_HELD_OUT) }, (_, i) => heldOut[Math.floor(i * every)]!)
  return { train, heldOut: thinned }
}

function meanDescriptor(records: readonly AlignedRecord[]): number[] {
  const sum = new Float64Array(128)
  for (const { descriptor } of records) for (const [i, value] of descriptor.entries()) sum[i]! += value
  return Array.from(sum, (value) => value / records.length)
}

async function loadPictures(
  dataset: Dataset,
  records: readonly AlignedRecord[],
  sizePx: number,
  signal: AbortSignal | undefined,
  report: (done: number) => void,
): Promise<Pictures> {
  const pixels = sizePx * sizePx
  const faces = new Uint8Array(records.length * pixels * 3)
  const masks = new Uint8Array(records.length * pixels)
  const accents = new Uint8Array(records.length * pixels)
  const landmarks = Float32Array.from(records.flatMap(({ points68, sizePx: from }) => points68.map((value) => value / from)))
  const poses = Float32Array.from(records.flatMap(({ pose }) => [pose.yaw, pose.pitch, pose.roll]))
  let next = 0
  let done = 0
  const worker = async () => {
    while (next < records.length) {
      const index = next
      next += 1
      checkInterrupted(signal)
      const record = records[index]!
      faces.set(await readAt(join(dataset.folder, record.image), sizePx, 3), index * pixels * 3)
      masks.set(await readAt(join(dataset.folder, record.mask), sizePx, 1), index * pixels)
      accents.set(drawAccents(record.points68, record.sizePx, sizePx), index * pixels)
      done += 1
      report(done)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  return { sizePx, count: records.length, faces, masks, accents, landmarks, poses, rest: restingFace(landmarks, poses) }
}

async function readAt(path: string, sizePx: number, channels: 1 | 3): Promise<Uint8Array> {
  try {
    const picture = sharp(path).removeAlpha().resize(sizePx, sizePx, { fit: 'fill', kernel: 'lanczos3' })
    return await picture
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer()
  } catch (cause) {
    throw new DfkError(`expected an aligned picture at ${path} but it cannot be read`, {
      hint: 'run dfk align again on its dataset',
      cause,
    })
  }
}
