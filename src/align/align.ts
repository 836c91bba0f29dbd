import { join } from 'node:path'
import { matchesSubject, type SignedConsent } from '../consent/index.ts'
import { alignMatrix, type FaceAnalyser, FRAMING, faceHull, faceSharpness, headPose, type Landmarks } from '../faces/index.ts'
import { encodePicture, readPicture } from '../media/index.ts'
import type { GrayPicture, Picture } from '../picture/picture.ts'
import { applyAffineToPoints, composeAffine, warpAffine } from '../picture/warp.ts'
import { type AlignedRecord, createAligned, type Dataset, type FaceRecord, readFaces } from '../store/dataset.ts'
import { checkInterrupted, DfkError, RefusedError } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'
import { createSheet } from './sheet.ts'

/** Why a face is left out. */
type Misfit = 'noFace' | 'moved' | 'profile' | 'cutOff'

export interface AlignSummary {
  readonly aligned: number
  readonly rejected: Record<Misfit, number>
}

const MIN_CONFIDENCE = 0.9
/** Landmarks found anew in the crop must lie where `collect` saw them, within this part of the aligned side. */
const MOST_MOVED = 0.04
/** Beyond this the far half of the face is out of sight. */
const MOST_YAW_DEGREES = 65
/** Part of the mask that may lie outside of the crop. */
const MOST_OUTSIDE = 0.04
/** So many faces, spread over the dataset, are recognised anew; profiles and grimaces may be missed, but not most of them. */
const RECOGNISED = 16

interface Aligned {
  readonly record: AlignedRecord
  readonly picture: Picture
  readonly mask: GrayPicture
}

/**
 * Turns every face of the dataset into an aligned picture with a mask, and draws a contact sheet. The faceset takes its place
 * only when it is whole; stopped or failed, the earlier one stays. Throws DfkError where no face fits, RefusedError where the pictures show somebody else than the
 * record's subject, whatever the list of faces says.
 */
export async function alignFaces(
  dataset: Dataset,
  consent: SignedConsent,
  sizePx: number,
  analyser: FaceAnalyser,
  work: WorkOptions,
): Promise<AlignSummary> {
  const faces = await readFaces(dataset)
  if (faces.length === 0) {
    throw new DfkError(`expected faces in the dataset ${dataset.name} but it has none`, { hint: 'collect some first: dfk collect' })
  }
  await recogniseSubject(dataset, consent, faces, analyser)
  const rejected: Record<Misfit, number> = { noFace: 0, moved: 0, profile: 0, cutOff: 0 }
  const sheet = createSheet(faces.length)
  const writer = await createAligned(dataset)
  let count = 0
  try {
    for (const [done, face] of faces.entries()) {
      checkInterrupted(work.signal)
      const result = await alignFace(dataset, face, sizePx, analyser)
      if (typeof result === 'string') rejected[result] += 1
      else {
        const { record, picture, mask } = result
        await writer.add(record, await encodePicture(picture, 'png'), await encodePicture(mask, 'png'))
        sheet.add(done, picture, mask)
        count += 1
      }
      work.onProgress?.({ done: done + 1, total: faces.length })
    }
    if (count === 0) throw nothingFits(dataset, rejected)
    await writer.commit({ landmarks: 'facemesh', framing: FRAMING, sheet: await encodePicture(sheet.draw(), 'png') })
  } finally {
    await writer.abort()
  }
  return { aligned: count, rejected }
}

async function recogniseSubject(
  dataset: Dataset,
  consent: SignedConsent,
  faces: readonly FaceRecord[],
  analyser: FaceAnalyser,
): Promise<void> {
  const every = Math.max(1, Math.floor(faces.length / RECOGNISED))
  const looked = faces.filter((_, i) => i % every === 0)
  let strangers = 0
  for (const face of looked) {
    const crop = await readPicture(join(dataset.folder, face.image))
    const { x, y, width, height } = face.box
    const landmarks = await analyser.landmarks(crop, { x: x - face.crop.x, y: y - face.crop.y, width, height })
    if (!matchesSubject(consent, await analyser.descriptor(crop, landmarks)).matches) strangers += 1
  }
  if (strangers <= looked.length / 2) return
  throw new RefusedError(
    'biometric',
    `expected pictures of ${consent.record.subject.id} in ${dataset.name} but ${strangers} of ${looked.length} show somebody else [biometric]`,
    { hint: 'collect this person again under their own record' },
  )
}

function nothingFits({ name }: Dataset, rejected: Record<Misfit, number>): DfkError {
  const counts = Object.entries(rejected).flatMap(([reason, count]) => (count > 0 ? [`${reason} ${count}`] : []))
  return new DfkError(`expected faces that can be aligned in ${name} but all were left out (${counts.join(', ')})`, {
    hint: 'collect other footage: frontal to three-quarter views, not cut off by the border',
  })
}

async function alignFace(dataset: Dataset, face: FaceRecord, sizePx: number, analyser: FaceAnalyser): Promise<Aligned | Misfit> {
  const crop = await readPicture(join(dataset.folder, face.image))
  const { x, y, width, height } = face.box
  const landmarks = await analyser.landmarks(crop, { x: x - face.crop.x, y: y - face.crop.y, width, height })
  if (landmarks.confidence < MIN_CONFIDENCE) return 'noFace'
  const matrix = alignMatrix(landmarks, sizePx)
  if (movement(landmarks, face, matrix) > MOST_MOVED * sizePx) return 'moved'
  const pose = headPose(landmarks.mesh)
  if (Math.abs(pose.yaw) > MOST_YAW_DEGREES) return 'profile'
  const mask = faceHull(landmarks, matrix, sizePx)
  if (partOutside(crop, matrix, mask) > MOST_OUTSIDE) return 'cutOff'
  const record: AlignedRecord = {
    id: face.id,
    image: `aligned/${face.id}.png`,
    mask: `aligned/${face.id}.mask.png`,
    sizePx,
    matrix: composeAffine(matrix, { a: 1, b: 0, tx: -face.crop.x, c: 0, d: 1, ty: -face.crop.y }),
    points68: Array.from(applyAffineToPoints(matrix, landmarks.points68), (value) => Math.round(value * 100) / 100),
    pose,
    sharpness: Math.round(faceSharpness(crop, landmarks) * 100) / 100,
    source: face.source,
    frame: face.frame,
    timeS: face.timeS,
    descriptor: face.descriptor,
  }
  return { record, picture: warpAffine(crop, matrix, sizePx, sizePx, 'replicate'), mask }
}

/** Mean distance between the landmarks found now and those of the record, in pixels of the aligned face. */
function movement({ mesh }: Landmarks, face: FaceRecord, matrix: Parameters<typeof applyAffineToPoints>[0]): number {
  const now = applyAffineToPoints(matrix, mesh, 3)
  const then = applyAffineToPoints(matrix, face.mesh, 3)
  let sum = 0
  for (let i = 0; i < now.length; i += 3) sum += Math.hypot(now[i]! - then[i]!, now[i + 1]! - then[i + 1]!)
  return (sum * 3) / now.length
}

/** How much of the mask shows what lies outside of the crop. */
function partOutside(crop: Picture, matrix: Parameters<typeof warpAffine>[1], mask: GrayPicture): number {
  const white: GrayPicture = { width: crop.width, height: crop.height, data: new Uint8Array(crop.width * crop.height).fill(255) }
  const covered = warpAffine(white, matrix, mask.width, mask.height).data
  let inside = 0
  let all = 0
  for (let i = 0; i < mask.data.length; i++) {
    all += mask.data[i]!
    inside += mask.data[i]! * (covered[i]! / 255)
  }
  return 1 - inside / Math.max(1, all)
}
