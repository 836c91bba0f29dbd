import { alignMatrix, type FoundFace, type Landmarks } from '../faces/index.ts'
import type { Frame } from '../media/index.ts'
import type { Box, Picture } from '../picture/picture.ts'
import { applyAffine, invertAffine } from '../picture/warp.ts'
import type { FaceRecord } from '../store/dataset.ts'
import type { Footage } from './footage.ts'
import type { Look } from './variety.ts'

/** Margin around the aligned square, as a part of its side: training turns and shifts what it sees. */
const MARGIN = 0.12

/** Two decimals are a hundredth of a pixel, far below the landmarks' noise. */
const round = (value: number, digits: number) => Math.round(value * 10 ** digits) / 10 ** digits

/** Names a face by its footage and frame, so that collecting the same frame again gives the same name. */
export function faceId({ hash }: Footage, frame: number): string {
  return `${hash.sha256.slice(0, 10)}-${String(frame).padStart(6, '0')}`
}

/** The part of the frame to keep: the aligned square with a margin, in whole pixels, as far as the frame reaches. */
export function cropBox({ width, height }: Picture, landmarks: Landmarks): Box {
  const back = invertAffine(alignMatrix(landmarks, 1))
  const corners = [-MARGIN, 1 + MARGIN].flatMap((y) => [-MARGIN, 1 + MARGIN].map((x) => applyAffine(back, x, y)))
  const clamp = (value: number, most: number) => Math.max(0, Math.min(most, value))
  const left = Math.floor(clamp(Math.min(...corners.map(({ x }) => x)), width - 1))
  const top = Math.floor(clamp(Math.min(...corners.map(({ y }) => y)), height - 1))
  const right = Math.ceil(clamp(Math.max(...corners.map(({ x }) => x)), width))
  const bottom = Math.ceil(clamp(Math.max(...corners.map(({ y }) => y)), height))
  return { x: left, y: top, width: Math.max(1, right - left), height: Math.max(1, bottom - top) }
}

/** The line of `faces.jsonl` for a face. */
export function faceRecordOf(
  footage: Footage,
  frame: Frame,
  face: FoundFace,
  about: { readonly sharpness: number; readonly descriptor: Float32Array; readonly look: Look; readonly crop: Box },
): FaceRecord {
  const { crop } = about
  const id = faceId(footage, frame.index)
  const offset = [crop.x, crop.y, 0]
  return {
    id,
    image: `faces/${id}.jpg`,
    source: footage.hash.name,
    sha256: footage.hash.sha256,
    frame: frame.index,
    timeS: round(frame.timeS, 6),
    box: roundBox(face.box),
    crop,
    score: round(face.score, 4),
    confidence: round(face.landmarks.confidence, 4),
    mesh: Array.from(face.landmarks.mesh, (value, i) => round(value - offset[i % 3]!, 2)),
    descriptor: Array.from(about.descriptor, (value) => round(value, 6)),
    pose: { yaw: round(face.pose.yaw, 2), pitch: round(face.pose.pitch, 2), roll: round(face.pose.roll, 2) },
    sharpness: round(about.sharpness, 2),
    thumbnail: Buffer.from(about.look.thumbnail).toString('base64'),
  }
}

function roundBox({ x, y, width, height }: Box): Box {
  return { x: round(x, 1), y: round(y, 1), width: round(width, 1), height: round(height, 1) }
}
