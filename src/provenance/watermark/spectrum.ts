import { type ComplexGrid, complexGrid, fourier, fourierOfReal } from '../../picture/fourier.ts'
import { CODED_BITS } from './code.ts'
import { type Lattice, TILE } from './lattice.ts'

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

/** What is the same for every reading of a lattice. */
interface Waves {
  /** Where each wave lies in the spectrum, by orientation (a key of `ORIENTATIONS`' fields). */
  readonly places: Map<string, Int32Array>
  readonly ring: Int32Array
  /** Waves in each ring. */
  readonly members: Int32Array
  readonly cos: Float64Array
  readonly sin: Float64Array
}

const known = new WeakMap<Lattice, Waves>()

function wavesOf(lattice: Lattice): Waves {
  const before = known.get(lattice)
  if (before !== undefined) return before
  const { across, down, phase } = lattice
  const ring = Int32Array.from(across, (x, i) => Math.floor(Math.hypot(x, down[i]!) / RING))
  const members = new Int32Array(Math.max(...ring) + 1)
  for (const one of ring) members[one]! += 1
  const waves = { places: new Map(), ring, members, cos: phase.map(Math.cos), sin: phase.map(Math.sin) }
  known.set(lattice, waves)
  return waves
}

function placesIn(lattice: Lattice, orientation: Orientation): Int32Array {
  const { places } = wavesOf(lattice)
  const name = `${orientation.mirrored} ${orientation.quarters}`
  const found = places.get(name) ?? Int32Array.from(lattice.across, (x, i) => placeOf(x, lattice.down[i]!, orientation))
  places.set(name, found)
  return found
}

/** What a spectrum says of each wave, beside the phase that the wave was made with, rings made equally loud. */
function listen({ re, im }: ComplexGrid, lattice: Lattice, orientation: Orientation): Heard {
  const { ring, members, cos, sin } = wavesOf(lattice)
  const places = placesIn(lattice, orientation)
  const powers = new Float64Array(places.length)
  const loud = new Float64Array(members.length)
  for (let i = 0; i < places.length; i++) {
    const at = places[i]!
    powers[i] = re[at]! ** 2 + im[at]! ** 2
    loud[ring[i]!]! += powers[i]!
  }
  const [real, imaginary] = [new Float64Array(places.length), new Float64Array(places.length)]
  let power = 0
  for (let i = 0; i < places.length; i++) {
    const at = places[i]!
    const usual = loud[ring[i]!]! / members[ring[i]!]!
    const gain = powers[i] === 0 ? 0 : Math.min(1 / Math.sqrt(usual), LOUDEST / Math.sqrt(powers[i]!))
    power += powers[i]! * gain ** 2
    real[i] = gain * (re[at]! * cos[i]! + im[at]! * sin[i]!)
    imaginary[i] = gain * (im[at]! * cos[i]! - re[at]! * sin[i]!)
  }
  return { real, imaginary, power: power / places.length }
}

/** Reads a tile, by its spectrum, as it was before it came into an orientation, wherever its origin lies. */
export function readSpectrum(spectrum: ComplexGrid, lattice: Lattice, orientation: Orientation): Reading {
  const { across, down, pilots, carries } = lattice
  const upright = placesIn(lattice, UPRIGHT)
  const { real, imaginary, power } = listen(spectrum, lattice, orientation)
  const votes = new Float32Array(CODED_BITS)
  if (power === 0) return { agreement: 0, votes }
  const origins = complexGrid(TILE, TILE)
  for (let i = 0; i < pilots; i++) {
    const at = upright[i]!
    origins.re[at] = real[i]!
    origins.im[at] = imaginary[i]!
  }
  fourier(origins, true)
  let best = 0
  for (let i = 1; i < origins.re.length; i++) if (origins.re[i]! > origins.re[best]!) best = i
  const [x, y] = [best % TILE, Math.floor(best / TILE)]
  for (let i = pilots; i < across.length; i++) {
    const angle = (2 * Math.PI * (across[i]! * x + down[i]! * y)) / TILE
    votes[carries[i]!]! += real[i]! * Math.cos(angle) - imaginary[i]! * Math.sin(angle)
  }
  return { agreement: origins.re[best]! / Math.sqrt((pilots * power) / 2), votes }
}
