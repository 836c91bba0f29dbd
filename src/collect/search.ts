import { type FaceAnalyser, type FoundFace, type Landmarks, landmarksOfMesh } from '../faces/index.ts'
import type { Frame } from '../media/index.ts'
import type { FaceRecord } from '../store/dataset.ts'
import type { Footage } from './footage.ts'
import { checkFace, createSharpnessScale, type Rejections } from './quality.ts'
import { cropBox, faceRecordOf } from './record.ts'
import type { Subject } from './subject.ts'
import { alignedPoints, createVariety, type Look, lookOf } from './variety.ts'

/** The whole frame is searched this often while the subject is being followed, in case it is not the best view. */
const SEARCH_EVERY = 30

interface SearchOptions {
  readonly minFacePx: number
  readonly analyser: FaceAnalyser
  readonly subject: Subject
  /** Counted up. */
  readonly rejected: Rejections
}

/** A face that passed every check. */
interface Candidate {
  readonly face: FoundFace
  readonly sharpness: number
  readonly look: Look
  readonly descriptor: Float32Array
  readonly distance: number
}

/** The search for the subject through the frames of one source, in order. */
export interface Search {
  /** Looks at a frame; returns the subject's face where it is worth keeping. */
  lookAt(frame: Frame): Promise<FaceRecord | undefined>
  /** Takes note of a frame whose face was kept earlier. */
  passOver(record: FaceRecord): void
}

/** Follows the subject from frame to frame without the detector, which searches the whole frame when the face is lost and now and then. */
export function createSearch(footage: Footage, options: SearchOptions): Search {
  const { analyser, minFacePx, rejected } = options
  const scale = createSharpnessScale()
  const variety = createVariety()
  let previous: Landmarks | undefined
  let followed = 0

  const facesIn = async ({ picture }: Frame): Promise<FoundFace[]> => {
    const face = previous === undefined || followed >= SEARCH_EVERY ? undefined : await analyser.track(picture, previous)
    followed = face === undefined ? 0 : followed + 1
    return face === undefined ? analyser.find(picture, { minSizePx: minFacePx / 2 }) : [face]
  }

  /** The face as a candidate, or whether it may still be the subject, to be followed. */
  const check = async (frame: Frame, face: FoundFace): Promise<Candidate | 'follow' | undefined> => {
    const { rejection, sharpness } = checkFace(frame.picture, face, minFacePx, scale)
    if (rejection !== undefined) {
      rejected[rejection] += 1
      return followed > 0 ? 'follow' : undefined
    }
    const look = lookOf(frame.picture, face.landmarks)
    if (variety.has(look)) {
      rejected.duplicate += 1
      return 'follow'
    }
    const descriptor = await analyser.descriptor(frame.picture, face.landmarks)
    const distance = options.subject.distance(descriptor)
    if (distance !== undefined) return { face, sharpness, look, descriptor, distance }
    rejected.otherPerson += 1
    return undefined
  }

  return {
    async lookAt(frame) {
      const faces = await facesIn(frame)
      if (faces.length === 0) rejected.noFace += 1
      previous = undefined
      const candidates: Candidate[] = []
      for (const face of faces) {
        const result = await check(frame, face)
        if (result === 'follow') previous = face.landmarks
        else if (result !== undefined) candidates.push(result)
      }
      const best = candidates.sort((a, b) => a.distance - b.distance)[0]
      rejected.otherPerson += Math.max(0, candidates.length - 1)
      if (best === undefined) return undefined
      previous = best.face.landmarks
      scale.add(best.sharpness)
      variety.add(best.look)
      return faceRecordOf(footage, frame, best.face, { ...best, crop: cropBox(frame.picture, best.face.landmarks) })
    },
    passOver(record) {
      previous = landmarksInFrame(record)
      followed += 1
      scale.add(record.sharpness)
      variety.add({ points: alignedPoints(previous), thumbnail: Buffer.from(record.thumbnail, 'base64') })
    },
  }
}

function landmarksInFrame({ mesh, crop, confidence }: FaceRecord): Landmarks {
  const offset = [crop.x, crop.y, 0]
  return landmarksOfMesh(
    Float32Array.from(mesh, (value, i) => value + offset[i % 3]!),
    confidence,
  )
}
