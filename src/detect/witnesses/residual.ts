import { mean } from '../../work/statistics.ts'
import { bandsOf, quantile } from './bands.ts'
import { type FaceView, REGION, regionsOf } from './view.ts'
import type { Reading } from './witness.ts'

const BLOCK = 8
/** Blocks overlap by half: each is made of four cells. */
const STRIDE = BLOCK / 2
const CORNERS = [
  [BLOCK - 1, 0],
  [0, BLOCK - 1],
  [BLOCK - 1, BLOCK - 1],
] as const
/** Fewer blocks than this on either side, and there is nothing to compare. */
const LEAST_BLOCKS = 24
/** Grey levels below which detail is rounding. */
const FLOOR = 0.05

/** Mean absolute detail of a block: logarithms for luma at three scales and for colour at the finest. */
interface Block {
  readonly fine: number
  readonly middle: number
  readonly coarse: number
  readonly colour: number
  readonly level: number
}

/**
 * Compares noise and fine detail inside the face with its surroundings in the same picture: one exposure through one chain of
 * processing has one noise level and one fall-off of detail (Lyu et al. 2014, Exposing region splicing forgeries with blind
 * local noise estimation; Durall et al. 2020 for the spectrum of upsampled faces). Where `y` of a block has detail at a coarse scale, so much
 * is expected at the finest, by a line fitted to the surroundings; the face's blocks are measured against it.
 */
export function readResidual(view: FaceView): Reading {
  const { face, around } = blocksOf(view)
  if (face.length < LEAST_BLOCKS || around.length < LEAST_BLOCKS)
    return { silent: 'Too little is to be seen around the face to compare its noise with.' }
  const difference = (of: (block: Block) => number) => mean(face.map(of))! - mean(around.map(of))!
  const expected = expectation(around)
  const surprise = face.map((block) => block.fine - expected(block))
  return {
    measures: {
      fine: difference(({ fine }) => fine),
      slope: difference(({ fine, middle }) => fine - middle),
      slopeSize: Math.abs(difference(({ fine, middle }) => fine - middle)),
      slopeCoarse: difference(({ middle, coarse }) => middle - coarse),
      floor: quantile(face.map(({ fine }) => fine), 0.1) - quantile(around.map(({ fine }) => fine), 0.1), // biome-ignore format: one thought
      colour: difference(({ colour, fine }) => colour - fine),
      surprise: quantile(surprise),
      surpriseSize: Math.abs(quantile(surprise)),
    },
  }
}

/** Fine detail expected of a block for its coarser detail and brightness: least squares over the surroundings. */
function expectation(blocks: readonly Block[]): (block: Block) => number {
  const rows = blocks.map(({ coarse, level }) => [1, coarse, level / 64])
  const weights = leastSquares(
    rows,
    blocks.map(({ fine }) => fine),
  )
  return ({ coarse, level }) => weights[0]! + weights[1]! * coarse + (weights[2]! * level) / 64
}

/** Ridge regression by Gaussian elimination; the small ridge keeps flat surroundings from being divided by nothing. */
function leastSquares(rows: readonly (readonly number[])[], targets: readonly number[]): number[] {
  const size = rows[0]!.length
  const system = Array.from({ length: size }, (_, i) => {
    const line = new Float64Array(size + 1)
    if (i > 0) line[i] = 0.02 * rows.length
    return line
  })
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) system[i]![j]! += row[i]! * row[j]!
      system[i]![size]! += row[i]! * targets[at]!
    }
  }
  for (let i = 0; i < size; i++) {
    const pivot = system[i]!
    for (let j = 0; j < size; j++) {
      if (j === i) continue
      const factor = system[j]![i]! / pivot[i]!
      for (let k = i; k <= size; k++) system[j]![k]! -= factor * pivot[k]!
    }
  }
  return system.map((row, i) => row[size]! / row[i]!)
}

/** Blocks that lie wholly in the face, or wholly in its surroundings. */
function blocksOf(view: FaceView): { face: Block[]; around: Block[] } {
  const { width, height, y, cb, cr, bands } = view
  const regions = regionsOf(view)
  const across = Math.floor(width / STRIDE)
  const means = (plane: Float32Array) => blockMeans(plane, width, height)
  const light = means(y)
  const [fines, middles, coarses] = bands.map(means) as [Float64Array, Float64Array, Float64Array]
  const [blues, reds] = [cb, cr].map((plane) => means(bandsOf(plane, width, height, 1)[0]!)) as [Float64Array, Float64Array]
  const found = { face: [] as Block[], around: [] as Block[] }
  for (let top = 0; top + BLOCK <= height; top += STRIDE) {
    for (let left = 0; left + BLOCK <= width; left += STRIDE) {
      const corner = top * width + left
      const region = regions[corner]!
      if (region === REGION.elsewhere || CORNERS.some(([x, y]) => regions[corner + x + y * width] !== region)) continue
      const block = (top / STRIDE) * across + left / STRIDE
      const level = light[block]!
      if (level < 12 || level > 243) continue // crushed or blown: no noise left to see
      const [fine, middle, coarse] = [fines[block]!, middles[block]!, coarses[block]!].map((size) => Math.log(FLOOR + size)) as [
        number,
        number,
        number,
      ]
      const colour = Math.log(FLOOR + blues[block]! + reds[block]!)
      found[region === REGION.face ? 'face' : 'around'].push({ fine, middle, coarse, colour, level })
    }
  }
  return found
}

/** Mean absolute value of the block at each corner that is a multiple of `STRIDE`, `width / STRIDE` a row; 0 for those that reach out of the plane. */
function blockMeans(plane: Float32Array, width: number, height: number): Float64Array {
  const [across, down] = [Math.floor(width / STRIDE), Math.floor(height / STRIDE)]
  const cells = new Float64Array(across * down)
  for (let y = 0; y < down * STRIDE; y++) {
    const row = Math.floor(y / STRIDE) * across
    for (let x = 0, i = y * width; x < across * STRIDE; x++, i++) cells[row + Math.floor(x / STRIDE)]! += Math.abs(plane[i]!)
  }
  const means = new Float64Array(cells.length)
  for (let y = 0; y + 1 < down; y++) {
    for (let i = y * across; i + 1 < (y + 1) * across; i++) {
      means[i] = (cells[i]! + cells[i + 1]! + cells[i + across]! + cells[i + across + 1]!) / (BLOCK * BLOCK)
    }
  }
  return means
}
