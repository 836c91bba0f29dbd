import type { Landmarks } from '../faces/index.ts'
import type { Box, Picture } from '../picture/picture.ts'

/** A part of a picture, and where its corner lies in the whole. */
export interface Part {
  readonly picture: Picture
  readonly x: number
  readonly y: number
}

/** A frame as the face networks see it: 8-bit RGB in square pixels, made only where somebody looks. */
export interface View {
  readonly width: number
  readonly height: number
  whole(): Picture
  /** The part that `box` covers, grown to whole pixels and clipped to the picture. */
  part(box: Box): Part
}

/** A view of a picture that is RGB already: every part is the whole. */
export function viewOf(picture: Picture): View {
  return { width: picture.width, height: picture.height, whole: () => picture, part: () => ({ picture, x: 0, y: 0 }) }
}

/** Landmarks in a picture whose corner lies `dx`, `dy` further to the left and above. */
export function shiftLandmarks(landmarks: Landmarks, dx: number, dy: number): Landmarks {
  if (dx === 0 && dy === 0) return landmarks
  const shifted = (points: Float32Array, step: number) =>
    points.map((value, i) => (i % step === 0 ? value + dx : i % step === 1 ? value + dy : value))
  return { ...landmarks, mesh: shifted(landmarks.mesh, 3), points68: shifted(landmarks.points68, 2) }
}
