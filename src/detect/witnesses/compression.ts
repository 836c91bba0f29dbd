import type { FoundFace } from '../../faces/index.ts'
import type { Box, Picture } from '../../picture/picture.ts'
import { fillConvex, type Point } from '../../picture/polygon.ts'
import { boxAround, outlineOf } from './view.ts'
import type { Reading } from './witness.ts'

const BLOCK = 8
/** More blocks than this are thinned out: large faces say no more. */
const MOST_BLOCKS = 1600
const LEAST_BLOCKS = 20
/** Frequencies (across, down) whose quantisation is looked for: the lowest, which survive. */
const MODES = [[1, 0], [0, 1], [1, 1], [2, 0], [0, 2], [2, 1], [1, 2], [3, 0], [0, 3]] as const // biome-ignore format: a table
const STEPS = [2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 20]
/** Coefficients of a frequency needed before their spacing means anything. */
const LEAST_COEFFICIENTS = 30
/** Where neither blocks nor steps stand out more than this, there is no history to compare. */
const FAINT = 0.03

/** Luma of the face's neighbourhood, beginning on the picture's 8 × 8 grid, and which blocks lie where. */
interface Blocks {
  readonly width: number
  readonly luma: Float32Array
  readonly face: readonly number[]
  readonly around: readonly number[]
}

/**
 * Compares the face's history of compression with its surroundings': how strongly the 8 × 8 grid of JPEG shows, whether another
 * grid shows, and in which steps the coefficients of the cosine transform come (Bianchi and Piva 2012; Farid 2009, JPEG ghosts). A face put
 * in lost the grid and steps that its surroundings have from before. Read from pixels, so that a picture that was saved again still tells.
 */
export function readCompression(picture: Picture, face: Pick<FoundFace, 'landmarks'>): Reading {
  const blocks = blocksOf(picture, outlineOf(face))
  if (blocks === undefined || blocks.face.length < LEAST_BLOCKS || blocks.around.length < LEAST_BLOCKS)
    return { silent: 'Too little is to be seen around the face to compare its compression with.' }
  const inFace = gridOf(blocks, blocks.face)
  const outside = gridOf(blocks, blocks.around)
  const phase = outside.indexOf(Math.max(...outside))
  const spacing = spacings(blocks)
  if (Math.max(outside[phase]!, ...inFace, spacing.strongest) < FAINT) return { silent: 'No traces of compression are left to compare.' }
  return {
    measures: {
      gridLost: outside[phase]! - inFace[phase]!,
      gridForeign: Math.max(...inFace.filter((_, i) => i !== phase)) - Math.max(...outside.filter((_, i) => i !== phase)),
      stepsLost: spacing.lost,
      stepsForeign: spacing.foreign,
    },
  }
}

function blocksOf(picture: Picture, hull: readonly Point[]): Blocks | undefined {
  const box = onGrid(boxAround(hull, 0.4, picture))
  const { width, height } = box
  if (width < 4 * BLOCK || height < 4 * BLOCK) return undefined
  const [cx, cy] = [hull.reduce((sum, [x]) => sum + x, 0) / hull.length, hull.reduce((sum, [, y]) => sum + y, 0) / hull.length]
  const cover = (factor: number) =>
    fillConvex(
      hull.map(([x, y]): Point => [(cx + (x - cx) * factor - box.x) / BLOCK, (cy + (y - cy) * factor - box.y) / BLOCK]),
      width / BLOCK,
      height / BLOCK,
    ).data
  const [inside, near] = [cover(0.92), cover(1.15)]
  // A margin of one block all around: the grid is measured across the blocks' edges.
  const inner = Array.from(inside, (_, i) => i).filter((i) => {
    const [column, row] = [i % (width / BLOCK), Math.floor(i / (width / BLOCK))]
    return column > 0 && row > 0 && column < width / BLOCK - 1 && row < height / BLOCK - 1
  })
  const step = Math.max(1, Math.ceil(inner.length / MOST_BLOCKS))
  const chosen = inner.filter((_, i) => i % step === 0)
  return { width, luma: lumaOf(picture, box), face: chosen.filter((i) => inside[i] === 255), around: chosen.filter((i) => near[i] === 0) }
}

/** Whole blocks of the picture's grid within a box. */
function onGrid({ x, y, width, height }: Box): Box {
  const [left, top] = [Math.ceil(x / BLOCK) * BLOCK, Math.ceil(y / BLOCK) * BLOCK]
  const whole = (from: number, to: number) => Math.max(0, Math.floor((to - from) / BLOCK) * BLOCK)
  return { x: left, y: top, width: whole(left, x + width), height: whole(top, y + height) }
}

function lumaOf({ width: stride, data }: Picture, { x, y, width, height }: Box): Float32Array {
  const luma = new Float32Array(width * height)
  for (let row = 0, i = 0; row < height; row++) {
    for (let column = 0, p = ((y + row) * stride + x) * 3; column < width; column++, i++, p += 3) {
      luma[i] = 0.299 * data[p]! + 0.587 * data[p + 1]! + 0.114 * data[p + 2]!
    }
  }
  return luma
}

function cornerOf({ width }: Blocks, block: number): number {
  const across = width / BLOCK
  return Math.floor(block / across) * BLOCK * width + (block % across) * BLOCK
}

/** For each of the 8 places of a grid: how far the steps between pixels there stand out of those beside them; logarithm of the ratio to the mean. */
function gridOf(blocks: Blocks, chosen: readonly number[]): number[] {
  const { width, luma } = blocks
  const sums = new Float64Array(BLOCK)
  for (const block of chosen) {
    const corner = cornerOf(blocks, block)
    for (let y = 0; y < BLOCK; y++) {
      for (let x = 0; x < BLOCK; x++) {
        const i = corner + y * width + x
        sums[x]! += Math.abs(3 * (luma[i]! - luma[i - 1]!) - luma[i + 1]! + luma[i - 2]!)
        sums[y]! += Math.abs(3 * (luma[i]! - luma[i - width]!) - luma[i + width]! + luma[i - 2 * width]!)
      }
    }
  }
  const total = sums.reduce((a, b) => a + b, 0)
  return Array.from(sums, (sum) => Math.log((sum + 1) / ((total - sum) / (BLOCK - 1) + 1)))
}

/** Where the surroundings' coefficients come in steps and the face's do not (`lost`), and the other way round (`foreign`), mean over the frequencies. */
function spacings(blocks: Blocks): { lost: number; foreign: number; strongest: number } {
  let [lost, foreign, strongest, count] = [0, 0, 0, 0]
  const [ofFace, ofAround] = [coefficients(blocks, blocks.face), coefficients(blocks, blocks.around)]
  for (let mode = 0; mode < MODES.length; mode++) {
    const [inFace, outside] = [ofFace[mode]!, ofAround[mode]!]
    if (inFace.length < LEAST_COEFFICIENTS || outside.length < LEAST_COEFFICIENTS) continue
    const [faceSteps, outsideSteps] = [STEPS.map((step) => combOf(inFace, step)), STEPS.map((step) => combOf(outside, step))]
    const strongestOutside = outsideSteps.indexOf(Math.max(...outsideSteps))
    const strongestInside = faceSteps.indexOf(Math.max(...faceSteps))
    lost += outsideSteps[strongestOutside]! - faceSteps[strongestOutside]!
    foreign += faceSteps[strongestInside]! - outsideSteps[strongestInside]!
    strongest += outsideSteps[strongestOutside]!
    count += 1
  }
  return count === 0
    ? { lost: 0, foreign: 0, strongest: 0 }
    : { lost: lost / count, foreign: foreign / count, strongest: strongest / count }
}

/** 1 where all coefficients beyond the first half step are multiples of `step`, about 0 where they lie anywhere (their characteristic function there). */
function combOf(values: readonly number[], step: number): number {
  let sum = 0
  let count = 0
  for (const value of values) {
    if (value < step / 2) continue
    sum += Math.cos((2 * Math.PI * value) / step)
    count += 1
  }
  return count < LEAST_COEFFICIENTS ? 0 : sum / count
}

const COSINES = Float64Array.from({ length: BLOCK * BLOCK }, (_, i) =>
  Math.cos(((2 * (i % BLOCK) + 1) * Math.floor(i / BLOCK) * Math.PI) / (2 * BLOCK)),
)
/** How many frequencies of a line the modes are made of. */
const ACROSS = 1 + Math.max(...MODES.map(([u]) => u))
const SCALES = MODES.map(([u, v]) => (u === 0 ? Math.SQRT1_2 : 1) * (v === 0 ? Math.SQRT1_2 : 1) * 0.25)

/** For each frequency, the sizes of its coefficients in JPEG's scale, those above rounding. */
function coefficients({ width, luma }: Blocks, chosen: readonly number[]): number[][] {
  const found = MODES.map((): number[] => [])
  const lines = new Float64Array(ACROSS * BLOCK) // of one block, by frequency across, then by line
  const blocksAcross = width / BLOCK
  for (const block of chosen) {
    const corner = Math.floor(block / blocksAcross) * BLOCK * width + (block % blocksAcross) * BLOCK
    for (let u = 0; u < ACROSS; u++) {
      for (let y = 0; y < BLOCK; y++) {
        const from = corner + y * width
        let line = 0
        for (let x = 0; x < BLOCK; x++) line += luma[from + x]! * COSINES[u * BLOCK + x]!
        lines[u * BLOCK + y] = line
      }
    }
    for (let mode = 0; mode < MODES.length; mode++) {
      const [u, v] = MODES[mode]!
      let sum = 0
      for (let y = 0; y < BLOCK; y++) sum += lines[u * BLOCK + y]! * COSINES[v * BLOCK + y]!
      const size = Math.abs(sum * SCALES[mode]!)
      if (size >= 1) found[mode]!.push(size)
    }
  }
  return found
}
