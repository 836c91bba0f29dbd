import { z } from 'zod'

const number = z.number().refine(Number.isFinite, 'expected a finite number')
const box = z.object({ x: number, y: number, width: number, height: number })
const pose = z.object({ yaw: number, pitch: number, roll: number })
const affine = z.object({ a: number, b: number, tx: number, c: number, d: number, ty: number })
const ID = /^[\w-]{1,80}$/
const id = z.string().regex(ID)
const numbers = (length: number) => z.array(z.number()).length(length)

/** One line of `faces.jsonl`: a face that `collect` kept. */
export const faceRecord = z.object({
  id,
  /** The crop, relative to the dataset folder. */
  image: z.string(),
  /** Base name of the footage. */
  source: z.string(),
  sha256: z.string(),
  /** Index of the frame in the footage, from 0; 0 for an image. */
  frame: z.int().min(0),
  timeS: number,
  /** The face in pixels of the frame. */
  box,
  /** Where the crop lies in the frame, in pixels of the frame; the crop itself is stored at that size. */
  crop: box,
  /** Detector's score, 0–1. */
  score: number,
  /** Confidence of the landmarks, 0–1. */
  confidence: number,
  /** 468 × (x, y, z), pixels of the crop. */
  mesh: numbers(468 * 3),
  descriptor: numbers(128),
  pose,
  /** Sharpness at a normalised face size; see faces/sharpness.ts. */
  sharpness: number,
  /** The aligned face at 16 × 16 px, RGB bytes in base64: near duplicates are told by it. */
  thumbnail: z.base64(),
})
export type FaceRecord = z.output<typeof faceRecord>

/** One line of `aligned.jsonl`: a face of the aligned faceset. */
export const alignedRecord = z.object({
  id,
  /** `aligned/<id>.png`: sizePx × sizePx RGB, relative to the dataset folder. */
  image: z.string(),
  /** `aligned/<id>.mask.png`: sizePx × sizePx, one channel, 255 inside the face. */
  mask: z.string(),
  sizePx: z.int().min(16),
  /** From pixels of the frame to pixels of the aligned picture. */
  matrix: affine,
  /** 68 × (x, y), pixels of the aligned picture, iBUG order. */
  points68: numbers(136),
  pose,
  sharpness: number,
  source: z.string(),
  frame: z.int().min(0),
  timeS: number,
  descriptor: numbers(128),
})
export type AlignedRecord = z.output<typeof alignedRecord>

const allNumbers = (value: unknown, length: number) =>
  Array.isArray(value) && value.length === length && value.every((each) => typeof each === 'number')
const fields = (value: unknown, names: readonly string[]) =>
  names.every((name) => typeof (value as Record<string, unknown>)?.[name] === 'number')

/** Whether a line of `aligned.jsonl` is surely as `alignedRecord` says: a twentieth of the time that zod takes, for lists of 100,000 faces. */
export function looksAligned(value: unknown): boolean {
  const face = value as Partial<Record<keyof AlignedRecord, unknown>> | null
  if (typeof face !== 'object' || face === null) return false
  const texts = [face.id, face.image, face.mask, face.source].every((each) => typeof each === 'string') && ID.test(face.id as string)
  const whole =
    Number.isInteger(face.sizePx) && (face.sizePx as number) >= 16 && Number.isInteger(face.frame) && (face.frame as number) >= 0
  return (
    texts &&
    whole &&
    fields(face, ['timeS', 'sharpness']) &&
    fields(face.pose, ['yaw', 'pitch', 'roll']) &&
    fields(face.matrix, ['a', 'b', 'tx', 'c', 'd', 'ty']) &&
    allNumbers(face.points68, 136) &&
    allNumbers(face.descriptor, 128)
  )
}

const source = z.object({
  /** Base name of the file. */
  file: z.string(),
  sha256: z.string(),
  videoSha256: z.string().optional(),
  width: z.int().min(1),
  height: z.int().min(1),
  fps: number.optional(),
})
export type Source = z.output<typeof source>

/** `manifest.json` of a dataset. */
export const manifestRecord = z.object({
  schema: z.literal(1),
  name: z.string().min(1),
  sources: z.array(source),
  /** Hash of the consent record in `consent.json`, and its subject's id. */
  consent: z.object({ hash: z.string(), subject: z.string() }),
  /** There once `aligned/` and `aligned.jsonl` are whole. */
  aligned: z
    .object({ sizePx: z.int().min(16), landmarks: z.enum(['facemesh', 'face-api']), framing: z.string(), count: z.int().min(0) })
    .optional(),
})
export type Manifest = z.output<typeof manifestRecord>
