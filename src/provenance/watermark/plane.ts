import type { Picture } from '../../picture/picture.ts'

/** A plane of numbers, [height, width]. */
export interface Plane {
  readonly width: number
  readonly height: number
  readonly data: Float32Array
}

/** For each of `count` samples, `step` apart, which inputs it is the mean of (linear between neighbours where the step is below 1). */
function taps(inputs: number, count: number, step: number): { first: Int32Array; weights: Float32Array; each: number } {
  const reach = Math.max(1, step)
  const each = Math.ceil(reach) + 1
  const first = new Int32Array(count)
  const weights = new Float32Array(count * each)
  for (let i = 0; i < count; i++) {
    const middle = (i + 0.5) * step
    const start = middle - reach / 2
    first[i] = Math.max(0, Math.min(inputs - each, Math.floor(start)))
    for (let k = 0; k < each; k++) {
      const from = first[i]! + k
      // How much of the window lies over this input: pixels reach from `from` to `from + 1`.
      weights[i * each + k] = Math.max(0, Math.min(from + 1, start + reach) - Math.max(from, start)) / reach
    }
  }
  return { first, weights, each }
}

/** Luma of a picture (0–255), sampled `unit` pixels apart: the mean of what lies between. Undefined where the picture is too small for that. */
export function lumaPlane({ width: w, height: h, data }: Picture, unit: number): Plane | undefined {
  const [width, height] = [Math.floor(w / unit), Math.floor(h / unit)]
  const across = taps(w, width, unit)
  const down = taps(h, height, unit)
  if (w < across.each || h < down.each || width < 1 || height < 1) return undefined
  const out = new Float32Array(width * height)
  const lines = new Map<number, Float32Array>()
  const lineOf = (y: number) => {
    const known = lines.get(y)
    if (known !== undefined) return known
    const line = lumaLine(data, y * w, across, width)
    lines.set(y, line)
    return line
  }
  for (let y = 0; y < height; y++) {
    const from = down.first[y]!
    for (const old of lines.keys()) if (old < from) lines.delete(old)
    for (let k = 0; k < down.each; k++) {
      const weight = down.weights[y * down.each + k]!
      if (weight === 0) continue
      const line = lineOf(from + k)
      for (let x = 0; x < width; x++) out[y * width + x]! += weight * line[x]!
    }
  }
  return { width, height, data: out }
}

function lumaLine(data: Uint8Array, start: number, { first, weights, each }: ReturnType<typeof taps>, width: number): Float32Array {
  const line = new Float32Array(width)
  for (let x = 0; x < width; x++) {
    let sum = 0
    let p = 3 * (start + first[x]!)
    for (let k = x * each; k < (x + 1) * each; k++, p += 3)
      sum += weights[k]! * (0.299 * data[p]! + 0.587 * data[p + 1]! + 0.114 * data[p + 2]!)
    line[x] = sum
  }
  return line
}

/** Means over windows of 2·radius + 1 samples across, then down; windows are cut at the border. */
function boxMean({ width, height, data }: Plane, radius: number): Plane {
  const middle = new Float32Array(data.length)
  for (let y = 0; y < height; y++) boxLine(data, middle, y * width, 1, width, radius)
  const out = new Float32Array(data.length)
  const sums = new Float64Array(width)
  for (let y = -radius; y < height; y++) {
    const [enters, leaves] = [y + radius, y - radius - 1]
    for (let x = 0; x < width; x++) {
      if (enters < height) sums[x]! += middle[enters * width + x]!
      if (leaves >= 0) sums[x]! -= middle[leaves * width + x]!
    }
    if (y < 0) continue
    const count = Math.min(height - 1, enters) - Math.max(0, leaves + 1) + 1
    for (let x = 0; x < width; x++) out[y * width + x] = sums[x]! / count
  }
  return { width, height, data: out }
}

function boxLine(from: Float32Array, to: Float32Array, start: number, step: number, length: number, radius: number): void {
  let sum = 0
  for (let i = -radius; i < length; i++) {
    const [enters, leaves] = [i + radius, i - radius - 1]
    if (enters < length) sum += from[start + enters * step]!
    if (leaves >= 0) sum -= from[start + leaves * step]!
    if (i >= 0) to[start + i * step] = sum / (Math.min(length - 1, enters) - Math.max(0, leaves + 1) + 1)
  }
}

/** Radii of windows: what is finer than a few units stays, beside its own deviation nearby; measured to read best after codecs, as are the next three. */
const [COARSE, NEARBY] = [4, 3]
const [FLOOR, POWER, CLIP] = [1, 1.2, 1.5]

/** What a plane says of a mark: its fine parts over their root mean square nearby, so that no edge outvotes a wall; −1.5 to 1.5. */
export function whitened(plane: Plane): Plane {
  const { width, height, data } = plane
  const coarse = boxMean(boxMean(plane, COARSE), COARSE >> 1)
  const fine = coarse.data // in its place
  const squares = new Float32Array(fine.length)
  for (let i = 0; i < fine.length; i++) {
    fine[i] = data[i]! - fine[i]!
    squares[i] = fine[i]! * fine[i]!
  }
  const power = boxMean({ width, height, data: squares }, NEARBY)
  for (let i = 0; i < fine.length; i++) {
    // Running sums may end a little below 0.
    const quieted = fine[i]! / (Math.sqrt(Math.max(0, power.data[i]!)) + FLOOR) ** POWER
    fine[i] = Math.max(-CLIP, Math.min(CLIP, quieted))
  }
  return { width, height, data: fine }
}
