import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Picture } from '../picture/picture.ts'
import { type AlignedRecord, type Dataset, eachAligned } from '../store/dataset.ts'
import { DfkError } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'
import type { Pictures } from './augment.ts'
import { type FaceList, gatherFaces, pathsOf } from './faceList.ts'
import { eachOf, readPicture, readPictures, unreadable } from './pictures.ts'
import { type Moment, pickEvenly, splitByTime } from './split.ts'

/** Fewer faces than these teach nothing. */
const FEWEST_FACES = 8
/** So many training faces, evenly over all, stand for them where pictures are needed at the start: in the mean face and in the hash. */
const SAMPLE = 128

/** One person's aligned faces; only the held-out ones are in memory as pictures. */
export interface Faceset {
  readonly name: string
  /** What training draws from. */
  readonly train: FaceList
  /** Faces that training never sees, at the training size. */
  readonly heldOut: Pictures
  /** The mean of up to 128 training faces, at the training size. */
  readonly meanFace: Picture
  /** Mean descriptor of all faces. */
  readonly descriptor: number[]
  /** SHA-256 over the list of faces and over the files of those held out and of that sample. */
  readonly sha256: string
}

/** Opens an aligned dataset for pictures of side `sizePx`, however large; throws DfkError where it is not aligned or has too few faces. */
export async function loadFaceset(dataset: Dataset, sizePx: number, { signal, onProgress }: WorkOptions = {}): Promise<Faceset> {
  const { faces, moments, descriptor, listSha256, alignedPx } = await readList(dataset, signal)
  if (moments.length < FEWEST_FACES) {
    throw new DfkError(`expected at least ${FEWEST_FACES} aligned faces in ${dataset.name} but found ${moments.length}`, {
      hint: `collect more footage of this person, then: dfk align ${dataset.name}`,
    })
  }
  const split = splitByTime(moments)
  const indices = (of: readonly Indexed[]) => of.map(({ index }) => index)
  const train = faces.list(indices(split.train), Math.min(2 * sizePx, alignedPx))
  const [heldOutList, sample] = [split.heldOut, pickEvenly(split.train, SAMPLE)].map((some) => faces.list(indices(some), sizePx)) as [
    FaceList,
    FaceList,
  ]
  const report = (done: number) => onProgress?.({ done: done + 1, total: heldOutList.count + sample.count, note: dataset.name })
  return {
    name: dataset.name,
    train,
    heldOut: await readPictures(heldOutList, sizePx, signal, report),
    meanFace: await meanOf(sample, sizePx, (done) => report(heldOutList.count + done)),
    descriptor,
    sha256: await hashFiles(listSha256, [heldOutList, sample]),
  }
}

interface Indexed extends Moment {
  readonly index: number
}

async function readList(dataset: Dataset, signal: AbortSignal | undefined) {
  const faces = gatherFaces(dataset.folder, dataset.manifest.aligned?.count ?? 0)
  const moments: Indexed[] = []
  const sum = new Float64Array(128)
  // One text for all faces of a footage.
  const sources = new Map<string, string>()
  let alignedPx = Number.POSITIVE_INFINITY
  const visit = (record: AlignedRecord) => {
    faces.add(record)
    const source = sources.get(record.source) ?? record.source
    sources.set(source, source)
    moments.push({ index: moments.length, source, timeS: record.timeS, frame: record.frame })
    for (let i = 0; i < sum.length; i += 1) sum[i]! += record.descriptor[i]!
    alignedPx = Math.min(alignedPx, record.sizePx)
  }
  const listSha256 = await eachAligned(dataset, visit, signal)
  return { faces, moments, listSha256, alignedPx, descriptor: Array.from(sum, (value) => value / moments.length) }
}

async function meanOf(list: FaceList, sizePx: number, report: (done: number) => void): Promise<Picture> {
  const sums = new Float64Array(sizePx * sizePx * 3)
  await eachOf(list.count, async (index) => {
    const bytes = await readPicture(pathsOf(list, index).image, sizePx, 3)
    for (let i = 0; i < sums.length; i += 1) sums[i]! += bytes[i]!
    report(index)
  })
  return { width: sizePx, height: sizePx, data: Uint8Array.from(sums, (sum) => Math.round(sum / list.count)) }
}

/** The list names every face with its landmarks, so that faces aligned anew change it; the files say whether pictures were changed by hand. */
async function hashFiles(listSha256: string, lists: readonly FaceList[]): Promise<string> {
  const hash = createHash('sha256').update(listSha256)
  for (const list of lists) {
    for (let index = 0; index < list.count; index += 1) {
      const { image, mask } = pathsOf(list, index)
      for (const path of [image, mask]) {
        hash.update(
          await readFile(path).catch((cause) => {
            throw unreadable(path, cause)
          }),
        )
      }
    }
  }
  return `list:${hash.digest('hex')}`
}
