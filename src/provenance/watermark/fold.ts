import { TILE } from './lattice.ts'
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
