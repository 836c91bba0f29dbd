import type { Picture } from '../picture/picture.ts'

const COLUMNS = 24
const ROWS = 16
/** Mean change of the grid's brightness, 0–255, that no movement causes. */
const CUT = 28

/** Notices where the scene changes, from the brightness of a coarse grid of samples. */
export class SceneCuts {
  #last: Float32Array | undefined

  /** Whether `picture` belongs to another scene than the one before it. */
  isCut({ width, height, data }: Picture): boolean {
    const grid = new Float32Array(COLUMNS * ROWS)
    const across = Math.max(1, Math.floor(width / COLUMNS / 4))
    for (let i = 0; i < grid.length; i += 1) {
      const x0 = Math.floor(((i % COLUMNS) * width) / COLUMNS)
      const y0 = Math.floor((Math.floor(i / COLUMNS) * height) / ROWS)
      for (let k = 0; k < 4; k += 1) {
        const at = (Math.min(height - 1, y0 + k * across) * width + Math.min(width - 1, x0 + k * across)) * 3
        grid[i]! += (data[at]! + 2 * data[at + 1]! + data[at + 2]!) / 16
      }
    }
    const last = this.#last
    this.#last = grid
    if (last === undefined) return false
    let change = 0
    for (let i = 0; i < grid.length; i += 1) change += Math.abs(grid[i]! - last[i]!)
    return change / grid.length > CUT
  }
}
