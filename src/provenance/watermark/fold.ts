import { type ComplexGrid, complexGrid, fourier, fourierOfReal } from '../../picture/fourier.ts'
import { CODED_BITS } from './code.ts'
import { type Lattice, TILE } from './lattice.ts'
import type { Plane } from './plane.ts'

/** How a mark lies in a plane: its waves are `scale` times as fine as they were made and turned by `turn` radians. */
export interface Pose {
  readonly scale: number
  readonly turn: number
}

/** Of the whole numbers p from `first` to `last`, those for which start + p·step lies from 0 to a little below `end`. */
function within(start: number, step: number, end: number, first: number, last: number): [first: number, last: number] {
  const [low, high] = [1e-6, end - 1e-3]
  if (Math.abs(step) < 1e-12) return start >= low && start <= high ? [first, last] : [1, 0]
  const [a, b] = [(low - start) / step, (high - start) / step]
  return [Math.max(first, Math.ceil(Math.min(a, b))), Math.min(last, Math.floor(Math.max(a, b)))]
}

/** All of a plane that shows the mark in a pose, turned back and laid on one tile: [TILE, TILE]. */
export function foldedTile({ width, height, data }: Plane, { scale, turn }: Pose): Float32Array {
  const tile = new Float32Array(TILE * TILE)
  if (scale === 1 && turn === 0) {
    for (let y = 0; y < height; y++) {
      const row = (y % TILE) * TILE
      for (let x = 0; x < width; x++) tile[row + (x % TILE)]! += data[y * width + x]!
    }
    return tile
  }
  // Places of the tile's plane: q = scale · R(−turn) · x. They are walked through within the picture's bounds.
  const [c, s] = [Math.cos(turn), Math.sin(turn)]
  const corners = [0, width - 1].flatMap((x) => [0, height - 1].map((y) => [scale * (c * x + s * y), scale * (c * y - s * x)] as const))
  const bounds = (axis: 0 | 1) => corners.map((corner) => corner[axis])
  const [left, right] = [Math.ceil(Math.min(...bounds(0))), Math.floor(Math.max(...bounds(0)))]
  const [top, bottom] = [Math.ceil(Math.min(...bounds(1))), Math.floor(Math.max(...bounds(1)))]
  const wrap = (value: number) => ((value % TILE) + TILE) % TILE
  const [dx, dy] = [c / scale, s / scale]
  for (let q = top; q <= bottom; q++) {
    const row = wrap(q) * TILE
    // Along a row of the tile's plane x = x0 + p·dx, y = y0 + p·dy: only where both lie within the picture is there anything.
    const [x0, y0] = [(-s * q) / scale, (c * q) / scale]
    const [first, last] = within(x0, dx, width - 1, ...within(y0, dy, height - 1, left, right))
    let x = x0 + first * dx
    let y = y0 + first * dy
    for (let p = first, column = wrap(first); p <= last; p++, x += dx, y += dy) {
      const i = x | 0
      const j = y | 0
      const at = j * width + i
      const u = x - i
      const above = data[at]! + u * (data[at + 1]! - data[at]!)
      const below = data[at + width]! + u * (data[at + width + 1]! - data[at + width]!)
      tile[row + column]! += above + (y - j) * (below - above)
      column = column === TILE - 1 ? 0 : column + 1
    }
  }
  return tile
}

export interface Reading {
  /** By how many standard deviations the pilots agree at the best of all origins; below 5 for a picture without a mark. */
  readonly agreement: number
  /** What the waves vote for each coded bit, [CODED_BITS]. */
  readonly votes: Float32Array
}

/** Mirrored left to right, then turned by right angles. */
export interface Orientation {
  readonly mirrored: boolean
  readonly quarters: number
}

export const UPRIGHT: Orientation = { mirrored: false, quarters: 0 }
export const ORIENTATIONS: readonly Orientation[] = [false, true].flatMap((mirrored) =>
  [0, 1, 2, 3].map((quarters) => ({ mirrored, quarters })),
)

/** The spectrum of a tile: what it says of each wave, whatever the orientation. */
export function spectrumOf(tile: Float32Array): ComplexGrid {
  const spectrum = complexGrid(TILE, TILE)
  spectrum.re.set(tile)
  fourierOfReal(spectrum)
  return spectrum
}

/** Where a wave lies in the spectrum of a tile that was mirrored and turned since: where it begins does not matter, since the tile's origin is looked for anyway. */
function placeOf(across: number, down: number, { mirrored, quarters }: Orientation): number {
  let [k, l] = [across, down]
  for (let turns = 0; turns < quarters; turns++) [k, l] = [-l, k]
  if (mirrored) k = -k
  return ((l + TILE) % TILE) * TILE + ((k + TILE) % TILE)
}

/** Widths of the rings, in periods a tile, within which waves are held against each other. */
const RING = 2
/** No wave counts for more than this many times its ring's root mean square: a regular texture is not to outvote the rest. */
const LOUDEST = 2

interface Heard {
  readonly real: Float64Array
  readonly imaginary: Float64Array
  /** Mean power of all. */
  readonly power: number
}

/** What a spectrum says of each wave, beside the phase that the wave was made with, rings made equally loud. */
function listen({ re, im }: ComplexGrid, { across, down, phase }: Lattice, orientation: Orientation): Heard {
  const places = Array.from(across, (x, i) => placeOf(x, down[i]!, orientation))
  const rings = Array.from(across, (x, i) => Math.floor(Math.hypot(x, down[i]!) / RING))
  const powers = places.map((at) => re[at]! ** 2 + im[at]! ** 2)
  const loud = new Float64Array(Math.max(...rings) + 1)
  const members = new Float64Array(loud.length)
  rings.forEach((ring, i) => {
    loud[ring]! += powers[i]!
    members[ring]! += 1
  })
  let power = 0
  const gains = powers.map((own, i) => {
    const usual = loud[rings[i]!]! / members[rings[i]!]!
    const gain = own === 0 ? 0 : Math.min(1 / Math.sqrt(usual), LOUDEST / Math.sqrt(own))
    power += own * gain ** 2
    return gain
  })
  const turned = (part: (at: number, c: number, s: number) => number) =>
    Float64Array.from(places, (at, i) => gains[i]! * part(at, Math.cos(phase[i]!), Math.sin(phase[i]!)))
  return {
    real: turned((at, c, s) => re[at]! * c + im[at]! * s),
    imaginary: turned((at, c, s) => im[at]! * c - re[at]! * s),
    power: power / places.length,
  }
}

/** Reads a tile, by its spectrum, as it was before it came into an orientation, wherever its origin lies. */
export function readSpectrum(spectrum: ComplexGrid, lattice: Lattice, orientation: Orientation): Reading {
  const { across, down, pilots, carries } = lattice
  const { real, imaginary, power } = listen(spectrum, lattice, orientation)
  const votes = new Float32Array(CODED_BITS)
  if (power === 0) return { agreement: 0, votes }
  const origins = complexGrid(TILE, TILE)
  for (let i = 0; i < pilots; i++) {
    const at = placeOf(across[i]!, down[i]!, UPRIGHT)
    origins.re[at] = real[i]!
    origins.im[at] = imaginary[i]!
  }
  fourier(origins, true)
  const best = origins.re.reduce((top, value, i) => (value > origins.re[top]! ? i : top), 0)
  const [x, y] = [best % TILE, Math.floor(best / TILE)]
  for (let i = pilots; i < across.length; i++) {
    const angle = (2 * Math.PI * (across[i]! * x + down[i]! * y)) / TILE
    votes[carries[i]!]! += real[i]! * Math.cos(angle) - imaginary[i]! * Math.sin(angle)
  }
  return { agreement: origins.re[best]! / Math.sqrt((pilots * power) / 2), votes }
}
