import { createCipheriv, createHash } from 'node:crypto'
import { CODED_BITS } from './code.ts'

/** Name of the method, as manifests state it in their soft binding. */
export const WATERMARK_ALGORITHM = 'dfk.lattice.1'

/** Side of the tile that the mark repeats, in units: a unit is a 360th of the picture's short side, but in small pictures 1.5 pixels (see `unitFor`). */
export const TILE = 128

const UNITS_ACROSS_SHORT_SIDE = 360
const SMALLEST_UNIT_PX = 1.5

/** Frequencies of the mark, in periods a tile: waves of 5 to 16 units, which survive coding and halving and are too fine to be seen as a shape. */
const [LOWEST, HIGHEST] = [8, 26]
/** Frequencies along the axes are left out: borders, horizons and the blocks of codecs live there. */
const OFF_AXIS = 2
/** Share of the waves whose phase is known beforehand: by them the tile's origin is found. */
const PILOT_SHARE = 0.2

/** The length of a unit in pixels that a picture is marked with. */
export function unitFor(width: number, height: number): number {
  return Math.max(unitAtMost(width, height), SMALLEST_UNIT_PX)
}

/** The length of a unit in pixels, were the picture not small. */
export function unitAtMost(width: number, height: number): number {
  return Math.min(width, height) / UNITS_ACROSS_SHORT_SIDE
}

/** The waves that carry a mark under a key: a tile is the sum of cos(2π(across·x + down·y)/TILE + phase), each times ±1 for what it carries. */
export interface Lattice {
  /** Periods a tile, across 2…26, down −26…26. */
  readonly across: Int8Array
  readonly down: Int8Array
  /** Radians. */
  readonly phase: Float64Array
  /** How many of the waves, from the first, are pilots: they carry nothing. */
  readonly pilots: number
  /** Which coded bit each wave carries; pilots have none (the entry is 0). */
  readonly carries: Uint16Array
}

/** Bytes that nobody can foretell without the key. */
export function keyStream(key: string, purpose: string, size: number): Buffer {
  const secret = createHash('sha256').update(`${WATERMARK_ALGORITHM} ${purpose} ${key}`).digest()
  return createCipheriv('aes-256-ctr', secret, Buffer.alloc(16)).update(Buffer.alloc(size))
}

function allWaves(): [number, number][] {
  const waves: [number, number][] = []
  for (let across = OFF_AXIS; across <= HIGHEST; across++) {
    for (let down = -HIGHEST; down <= HIGHEST; down++) {
      const radius = Math.hypot(across, down)
      if (Math.abs(down) >= OFF_AXIS && radius >= LOWEST && radius <= HIGHEST) waves.push([across, down])
    }
  }
  return waves
}

const lattices = new Map<string, Lattice>()

/** The lattice of a key; the last few are kept. */
export function latticeFor(key: string): Lattice {
  const known = lattices.get(key)
  if (known !== undefined) return known
  const waves = allWaves()
  const random = keyStream(key, 'lattice', waves.length * 8)
  for (let i = waves.length - 1; i > 0; i--) {
    const j = random.readUInt32LE(i * 8) % (i + 1)
    const held = waves[i]!
    waves[i] = waves[j]!
    waves[j] = held
  }
  const pilots = Math.round(waves.length * PILOT_SHARE)
  const lattice = {
    across: Int8Array.from(waves, ([across]) => across),
    down: Int8Array.from(waves, ([, down]) => down),
    phase: Float64Array.from(waves, (_, i) => (2 * Math.PI * random.readUInt32LE(i * 8 + 4)) / 2 ** 32),
    pilots,
    carries: Uint16Array.from(waves, (_, i) => (i < pilots ? 0 : (i - pilots) % CODED_BITS)),
  }
  if (lattices.size >= 4) lattices.clear()
  lattices.set(key, lattice)
  return lattice
}
