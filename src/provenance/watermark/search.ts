import { complexGrid, fourierOfReal } from '../../picture/fourier.ts'
import type { Pose } from './fold.ts'
import { type Lattice, TILE } from './lattice.ts'
import type { Plane } from './plane.ts'

/** Side of the spectrum that is searched: of a part of the plane around its middle. */
const SIDE_BITS = 9
const SIDE = 2 ** SIDE_BITS
/** Poses that are tried. */
const [SMALLEST, LARGEST, RATIO] = [0.45, 2.2, 1.004]
const [MOST_TURN, TURN_STEP] = [(5 * Math.PI) / 180, (0.25 * Math.PI) / 180]
/** All poses are told by every so many of the waves, and so many of the poses by all. */
const [GLANCE, LOOKED_AT] = [4, 600]
/** Frequencies around each by whose mean it is told what stands out, and by how much one may. */
const AROUND = 6
const MOST_OUT = 6

/** How much of the power of a plane's middle each frequency has, beside its neighbours': [SIDE, SIDE]. */
function standingOut({ width, height, data }: Plane): Float32Array {
  const [w, h] = [Math.min(width, SIDE), Math.min(height, SIDE)]
  const [left, top] = [(width - w) >> 1, (height - h) >> 1]
  const grid = complexGrid(SIDE, SIDE)
  // Not faded towards its borders: a whitened plane is as loud there, and fading costs half of what is to be found.
  for (let y = 0; y < h; y++) grid.re.set(data.subarray((top + y) * width + left, (top + y) * width + left + w), y * SIDE)
  fourierOfReal(grid)
  const { re, im } = grid
  const power = new Float32Array(re.length)
  for (let i = 0; i < power.length; i++) power[i] = re[i]! * re[i]! + im[i]! * im[i]!
  const around = wrappedMean(power)
  for (let i = 0; i < power.length; i++) power[i] = Math.min(MOST_OUT, power[i]! / (around[i]! + 1e-9))
  return power
}

/** Means over squares of 2·AROUND + 1, around the edges too. */
function wrappedMean(power: Float32Array): Float32Array {
  const size = 2 * AROUND + 1
  const pass = (from: Float32Array, line: number, step: number) => {
    const to = new Float32Array(from.length)
    for (let n = 0; n < SIDE; n++) {
      const start = n * line
      let sum = 0
      for (let k = -AROUND; k <= AROUND; k++) sum += from[start + ((k + SIDE) % SIDE) * step]!
      for (let k = 0; k < SIDE; k++) {
        to[start + k * step] = sum / size
        sum += from[start + ((k + AROUND + 1) % SIDE) * step]! - from[start + ((k - AROUND + SIDE) % SIDE) * step]!
      }
    }
    return to
  }
  return pass(pass(power, SIDE, 1), 1, SIDE)
}

export interface FoundPose extends Pose {
  /** By how many standard deviations the lattice's frequencies stand out; below 4 for a picture without a mark. */
  readonly excess: number
}

/** Every `step`-th of the lattice's frequencies, turned, in the spectrum's places of scale 1. */
function turnedWaves({ across, down }: Lattice, turn: number, step: number): { readonly x: Float64Array; readonly y: Float64Array } {
  const [c, s] = [(Math.cos(turn) * SIDE) / TILE, (Math.sin(turn) * SIDE) / TILE]
  const count = Math.ceil(across.length / step)
  const [x, y] = [new Float64Array(count), new Float64Array(count)]
  for (let n = 0, i = 0; n < count; n++, i += step) {
    x[n] = c * across[i]! - s * down[i]!
    y[n] = s * across[i]! + c * down[i]!
  }
  return { x, y }
}

/** How far frequencies stand out at a scale: each alone has mean 1 and, where nothing is marked, a deviation of about 1. */
function excessOf(out: Float32Array, { x, y }: ReturnType<typeof turnedWaves>, scale: number): number {
  let sum = 0
  for (let i = 0; i < x.length; i++) {
    const column = (scale * x[i]! + SIDE + 0.5) | 0
    const row = (scale * y[i]! + SIDE + 0.5) | 0
    sum += out[((row & (SIDE - 1)) << SIDE_BITS) + (column & (SIDE - 1))]!
  }
  return (sum - x.length) / Math.sqrt(x.length)
}

const bestFirst = (a: FoundPose, b: FoundPose) => b.excess - a.excess

/**
 * The poses in which a mark may lie in a plane that was resized, cropped or turned, by the spectrum alone (its power does not depend on where the tile begins; after
 * Pereira and Pun 2000): the best `most`, best first.
 */
export function likelyPoses(plane: Plane, lattice: Lattice, most: number): FoundPose[] {
  const out = standingOut(plane)
  const scales: number[] = []
  for (let scale = SMALLEST; scale <= LARGEST; scale *= RATIO) scales.push(scale)
  const turns: number[] = []
  for (let turn = -MOST_TURN; turn <= MOST_TURN; turn += TURN_STEP) turns.push(turn)
  const glanced = new Float64Array(turns.length * scales.length)
  turns.forEach((turn, row) => {
    const waves = turnedWaves(lattice, turn, GLANCE)
    for (let i = 0; i < scales.length; i++) glanced[row * scales.length + i] = excessOf(out, waves, scales[i]!)
  })
  const cut = glanced.slice().sort()[glanced.length - LOOKED_AT]!
  const looked: FoundPose[] = []
  turns.forEach((turn, row) => {
    if (scales.every((_, i) => glanced[row * scales.length + i]! < cut)) return
    const waves = turnedWaves(lattice, turn, 1)
    for (const [i, scale] of scales.entries()) {
      // Of a blank picture all stand out alike.
      if (glanced[row * scales.length + i]! >= cut && looked.length < LOOKED_AT)
        looked.push({ scale, turn, excess: excessOf(out, waves, scale) })
    }
  })
  const apart: FoundPose[] = []
  for (const pose of looked.sort(bestFirst)) {
    const near = (other: Pose) => Math.abs(Math.log(pose.scale / other.scale)) < 0.02 && Math.abs(pose.turn - other.turn) < 0.02
    if (!apart.some(near)) apart.push(pose)
    if (apart.length === most) break
  }
  return apart
}
