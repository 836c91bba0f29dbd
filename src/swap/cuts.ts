import type { View } from './view.ts'

const COLUMNS = 24
const ROWS = 16
/** Change of the grid, 0–255, that two pictures of one scene seldom reach. */
const LEAST = 6
/** How many times the change of the frames before it a cut is. */
const TIMES = 4
/** Change beyond which it is a cut whatever moved before. */
const CERTAIN = 45
/** Frames whose change says how much this scene moves. */
const MEMORY = 6
/** What a clip's beginning is taken to move. */
const UNKNOWN = 2.5
/** Deviation of the grid below which a frame shows nothing: a flash or a black one. */
const BLANK = 2
/** Frames without a picture after which another scene may have begun. */
const MOST_BLANK = 3

function moments(grid: Float32Array): { mean: number; deviation: number } {
  let [sum, squares] = [0, 0]
  for (const value of grid) {
    sum += value
    squares += value * value
  }
  const mean = sum / grid.length
  return { mean, deviation: Math.sqrt(Math.max(0, squares / grid.length - mean * mean)) }
}

/** Mean change between two grids, 0–255, once a common gain and offset (light, exposure, a fade) are taken out. */
function changeOf(now: Float32Array, before: Float32Array): number {
  const [a, b] = [moments(now), moments(before)]
  let covariance = 0
  for (let i = 0; i < now.length; i += 1) covariance += ((now[i]! - a.mean) * (before[i]! - b.mean)) / now.length
  const gain = Math.max(0.2, Math.min(5, covariance / (b.deviation * b.deviation || 1)))
  let change = 0
  for (let i = 0; i < now.length; i += 1) change += Math.abs(now[i]! - a.mean - gain * (before[i]! - b.mean))
  // In the contrast of the clearer of the two, so that a fade to black does not hide a cut nor a rise make one.
  return (change / now.length) * Math.max(1, b.deviation / Math.max(a.deviation, 1)) ** 0.5
}

/**
 * Notices where the scene changes, from a coarse grid of brightness: where it changes at once and far more than it did just
 * before, light apart. Flashes, fades and pans are no cuts as far as such a grid can tell. Remembers six frames.
 */
export class SceneCuts {
  #last: Float32Array | undefined
  #blank = 0
  #changes: number[] = [UNKNOWN]

  /** Whether a frame belongs to another scene than the one before it; the first never does. */
  isCut(view: View): boolean {
    const grid = view.grid(COLUMNS, ROWS)
    const last = this.#last
    if (moments(grid).deviation < BLANK && last !== undefined) {
      this.#blank += 1
      return this.#blank === MOST_BLANK
    }
    const wasBlank = this.#blank
    this.#blank = 0
    this.#last = grid
    if (last === undefined) return false
    const change = changeOf(grid, last)
    // Behind a gap of black frames or a flash the same scene has moved on further.
    const usual = (1 + wasBlank) * Math.max(...this.#changes.slice(-2), median(this.#changes))
    const isCut = change > CERTAIN || (change > LEAST && change > TIMES * usual)
    // What moves in the new scene is not known yet: its first frames are no cuts unless they change as much again.
    this.#changes = isCut ? [change / TIMES] : [...this.#changes, change].slice(-MEMORY)
    return isCut
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
}
