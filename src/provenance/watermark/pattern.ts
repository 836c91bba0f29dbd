import { complexGrid, fourier } from '../../picture/fourier.ts'
import { type Lattice, latticeFor, TILE, unitFor } from './lattice.ts'
import { encodePayload } from './payload.ts'

/** Steps of a pattern's bytes for its root mean square. */
export const PATTERN_RMS = 24

/** The tile that carries `signs`: [TILE, TILE], root mean square 1. */
function tileOf({ across, down, phase, pilots, carries }: Lattice, signs: Int8Array): Float32Array {
  const waves = complexGrid(TILE, TILE)
  for (let i = 0; i < across.length; i++) {
    const at = ((down[i]! + TILE) % TILE) * TILE + across[i]!
    const sign = i < pilots ? 1 : signs[carries[i]!]!
    waves.re[at] = sign * Math.cos(phase[i]!)
    waves.im[at] = sign * Math.sin(phase[i]!)
  }
  fourier(waves, true)
  const rms = Math.sqrt(across.length / 2)
  return waves.re.map((value) => value / rms)
}

/** Where samples lie between the tile's: for each the first of two neighbours and the second's share. */
function places(count: number, unit: number): { first: Uint8Array; share: Float32Array } {
  const at = Float64Array.from({ length: count }, (_, i) => (i + 0.5) / unit - 0.5 + TILE)
  return {
    first: Uint8Array.from(at, (place) => Math.floor(place) % TILE),
    share: Float32Array.from(at, (place) => place - Math.floor(place)),
  }
}

/** The mark of an id as it lies over pictures of one size: bytes with sign, [height, width], `PATTERN_RMS` a root mean square. `sar`: width of a pixel by its height. */
export function patternFor(width: number, height: number, sar: number, id: string | bigint, key: string): Int8Array {
  const tile = tileOf(latticeFor(key), encodePayload(id, key))
  const unit = unitFor(width * sar, height)
  const [columns, rows] = [places(width, unit / sar), places(height, unit)]
  const pattern = new Int8Array(width * height)
  for (let y = 0; y < height; y++) {
    const above = rows.first[y]! * TILE
    const below = ((rows.first[y]! + 1) % TILE) * TILE
    const down = rows.share[y]!
    for (let x = 0; x < width; x++) {
      const left = columns.first[x]!
      const right = (left + 1) % TILE
      const across = columns.share[x]!
      const top = tile[above + left]! + across * (tile[above + right]! - tile[above + left]!)
      const bottom = tile[below + left]! + across * (tile[below + right]! - tile[below + left]!)
      pattern[y * width + x] = Math.max(-127, Math.min(127, Math.round(PATTERN_RMS * (top + down * (bottom - top)))))
    }
  }
  return pattern
}
