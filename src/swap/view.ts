import type { Landmarks, Part, Parts } from '../faces/index.ts'
import { landmarksOfMesh } from '../faces/index.ts'
import type { Picture } from '../picture/picture.ts'

/** A frame as the face networks see it: 8-bit RGB in square pixels, made only where somebody looks. */
export interface View extends Parts {
  readonly width: number
  readonly height: number
  whole(): Picture
  /**
   * Luma of a grid of `columns` × `rows` cells, row by row, black 0 and white 255: the mean of 4 × 4 samples in each, the nearest
   * pixels to the middles of its sixteenths. A planar frame reads them from its luma plane, whatever its matrix; RGB is weighed
   * by BT.601's .299, .587, .114.
   */
  grid(columns: number, rows: number): Float32Array
}

const SAMPLES = 4

/** Mean of 4 × 4 samples in each cell of a grid over a picture of this size; `luma` gives the value of a pixel by its number in the plane. See `View.grid`. */
export function sampleGrid(width: number, height: number, columns: number, rows: number, luma: (pixel: number) => number): Float32Array {
  const grid = new Float32Array(columns * rows)
  const xs = Array.from({ length: columns * SAMPLES }, (_, i) => Math.floor(((i + 0.5) * width) / (columns * SAMPLES)))
  for (let j = 0; j < rows * SAMPLES; j += 1) {
    const line = Math.floor(((j + 0.5) * height) / (rows * SAMPLES)) * width
    const cells = Math.floor(j / SAMPLES) * columns
    for (let i = 0; i < xs.length; i += 1) grid[cells + Math.floor(i / SAMPLES)]! += luma(line + xs[i]!) / (SAMPLES * SAMPLES)
  }
  return grid
}

/** A view of a picture that is RGB already: every part is the whole. */
export function viewOf(picture: Picture): View {
  const { width, height, data } = picture
  const luma = (pixel: number) => 0.299 * data[pixel * 3]! + 0.587 * data[pixel * 3 + 1]! + 0.114 * data[pixel * 3 + 2]!
  return {
    width,
    height,
    whole: () => picture,
    part: () => ({ picture, x: 0, y: 0, step: 1 }),
    grid: (columns, rows) => sampleGrid(width, height, columns, rows, luma),
  }
}

/** Landmarks of the whole picture as they lie in a part of it. */
export function landmarksInPart(landmarks: Landmarks, { x, y, step }: Omit<Part, 'picture'>): Landmarks {
  if (x === 0 && y === 0 && step === 1) return landmarks
  const mesh = landmarks.mesh.map((value, i) => (value - [x, y, 0][i % 3]!) / step)
  return landmarksOfMesh(mesh, landmarks.confidence)
}

/** Landmarks of a part of a picture as they lie in the whole. */
export function landmarksInWhole(landmarks: Landmarks, { x, y, step }: Omit<Part, 'picture'>): Landmarks {
  return landmarksInPart(landmarks, { x: -x / step, y: -y / step, step: 1 / step })
}
