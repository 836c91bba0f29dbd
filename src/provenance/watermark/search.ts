import { complexGrid, fourier } from '../../picture/fourier.ts'
import type { Pose } from './fold.ts'
import { type Lattice, TILE } from './lattice.ts'
import type { Plane } from './plane.ts'

/** Side of the spectrum that is searched: of a part of the plane around its middle. */
const SIDE = 512
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
  fourier(grid, false, h)
  const power = grid.re.map((value, i) => value ** 2 + grid.im[i]! ** 2)
  const around = wrappedMean(power)
  return power.map((value, i) => Math.min(MOST_OUT, value / (around[i]! + 1e-9)))
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

/** How far every `step`-th of the lattice's frequencies stands out in a pose: each alone has mean 1 and, where nothing is marked, a deviation of about 1. */
function excessOf(out: Float32Array, { across, down }: Lattice, { scale, turn }: Pose, step: number): number {
  const [c, s] = [(Math.cos(turn) * scale * SIDE) / TILE, (Math.sin(turn) * scale * SIDE) / TILE]
  let sum = 0
  let count = 0
  for (let i = 0; i < across.length; i += step, count++) {
    const x = (c * across[i]! - s * down[i]! + SIDE + 0.5) | 0
    const y = (s * across[i]! + c * down[i]! + SIDE + 0.5) | 0
    sum += out[(y & (SIDE - 1)) * SIDE + (x & (SIDE - 1))]!
  }
  return (sum - count) / Math.sqrt(count)
}

const bestFirst = (a: FoundPose, b: FoundPose) => b.excess - a.excess

/**
 * The poses in which a mark may lie in a plane that was resized, cropped or turned, by the spectrum alone (its power does not depend on where the tile begins; after
 * Pereira and Pun 2000): the best `most`, best first.
 */
export function likelyPoses(plane: Plane, lattice: Lattice, most: number): FoundPose[] {
  const out = standingOut(plane)
  const glanced: FoundPose[] = []
  for (let scale = SMALLEST; scale <= LARGEST; scale *= RATIO) {
    for (let turn = -MOST_TURN; turn <= MOST_TURN; turn += TURN_STEP) {
      glanced.push({ scale, turn, excess: excessOf(out, lattice, { scale, turn }, GLANCE) })
    }
  }
  const looked = glanced.sort(bestFirst).slice(0, LOOKED_AT)
  const apart: FoundPose[] = []
  for (const pose of looked.map((pose) => ({ ...pose, excess: excessOf(out, lattice, pose, 1) })).sort(bestFirst)) {
    const near = (other: Pose) => Math.abs(Math.log(pose.scale / other.scale)) < 0.02 && Math.abs(pose.turn - other.turn) < 0.02
    if (!apart.some(near)) apart.push(pose)
    if (apart.length === most) break
  }
  return apart
}
