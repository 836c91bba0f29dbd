import type { SignedConsent } from '../consent/index.ts'
import type { FaceAnalyser } from '../faces/index.ts'
import { decodeFrames, encodePicture } from '../media/index.ts'
import { cropPicture } from '../picture/resize.ts'
import { addSource, appendFace, type Dataset, readFaces, repairFaces } from '../store/dataset.ts'
import { checkInterrupted, DfkError, EXIT } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'
import { type Footage, framesToSee } from './footage.ts'
import { noRejections, type Rejections } from './quality.ts'
import { faceId } from './record.ts'
import { createSearch } from './search.ts'
import { findSubject } from './subject.ts'

export interface CollectOptions {
  readonly dataset: Dataset
  readonly consent: SignedConsent
  readonly footage: readonly Footage[]
  /** Picture of the one person to keep. */
  readonly person?: string | undefined
  /** Look at each nth frame. */
  readonly every: number
  /** Most faces in the dataset. */
  readonly max: number
  /** Smallest face to keep: the longer side of its box, px. */
  readonly minFacePx: number
}

export interface CollectSummary {
  /** Frames looked at. */
  readonly frames: number
  /** Faces in the dataset now, and how many of them are new. */
  readonly faces: number
  readonly added: number
  readonly rejected: Rejections
  /** What was wrong with files of folders that could not be read to their end; what was found in them is kept. */
  readonly unreadable: readonly DfkError[]
  /** Whether `max` ended it before the footage did. */
  readonly full: boolean
}

/**
 * Looks through the footage for the subject's face and appends what is new, sharp and large enough to the dataset.
 * May be stopped at any moment and run again: frames that are there already are passed over. Throws InterruptedError on a signal.
 */
export async function collectFaces(options: CollectOptions, analyser: FaceAnalyser, work: WorkOptions): Promise<CollectSummary> {
  const { dataset, footage, every, max } = options
  await repairFaces(dataset)
  const known = new Map((await readFaces(dataset)).map((record) => [record.id, record]))
  const before = known.size
  const subject = await findSubject(analyser, options.consent, options.person)
  const rejected = noRejections()
  const total = footage.reduce((sum, item) => sum + framesToSee(item, every), 0)
  let frames = 0
  const lookThrough = async (item: Footage): Promise<void> => {
    const search = createSearch(item, { minFacePx: options.minFacePx, analyser, subject, rejected })
    for await (const frame of decodeFrames(item.info, { every, signal: work.signal })) {
      checkInterrupted(work.signal)
      frames += 1
      const there = known.get(faceId(item, frame.index))
      if (there !== undefined) search.passOver(there)
      else {
        const record = await search.lookAt(frame)
        if (record !== undefined) {
          await appendFace(dataset, record, await encodePicture(cropPicture(frame.picture, record.crop), 'jpg'))
          known.set(record.id, record)
        }
      }
      work.onProgress?.({ done: frames, total: Math.max(total, frames), note: `${known.size} faces` })
      if (known.size >= max) break
    }
  }
  const unreadable: DfkError[] = []
  for (const item of footage) {
    if (known.size >= max) break
    await addSource(dataset, sourceOf(item))
    try {
      await lookThrough(item)
    } catch (error) {
      if (item.isNamed || !(error instanceof DfkError) || error.exitCode !== EXIT.failed) throw error
      unreadable.push(error)
    }
  }
  return { frames, faces: known.size, added: known.size - before, rejected, unreadable, full: known.size >= max && frames < total }
}

function sourceOf({ info, hash }: Footage): Dataset['manifest']['sources'][number] {
  const fps = info.kind === 'video' ? { fps: info.fps.num / info.fps.den } : {}
  const { name: file, ...hashes } = hash
  return { file, ...hashes, width: info.width, height: info.height, ...fps }
}
