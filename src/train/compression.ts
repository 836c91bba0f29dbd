import type { Random } from '../models/random.ts'

const BLOCK = 8
/** Steps of the coefficients' rounding at the highest and the lowest quality, in 0–1 brightness, for the lowest frequency. */
const FINEST = 0.02
const COARSEST = 0.12
/** How much coarser the highest frequencies are rounded than the lowest, and colour than brightness. */
const HIGH = 4
const COLOUR = 2
/** Most that a picture is made smaller by before it is enlarged again. */
const SHRINK = 2.5
const NOISE = 0.04

/** Takes from a face [s, s, 3] in 0–1, in place, what a codec or a weak camera does: blocks of rounded frequencies, or sharpness, with noise added. */
export function degrade(rgb: Float32Array, sizePx: number, random: Random): void {
  if (random.uniform() < 0.5) {
    roundFrequencies(rgb, sizePx, FINEST * (COARSEST / FINEST) ** random.uniform())
  } else {
    soften(rgb, sizePx, Math.max(2, Math.round(sizePx / (1 + (SHRINK - 1) * random.uniform()))))
    addNoise(rgb, NOISE * random.uniform(), random)
  }
}

/** Cosines of the discrete cosine transform (type II, orthonormal), [frequency, place]. */
const COSINES = Float32Array.from({ length: BLOCK * BLOCK }, (_, i) => {
  const [frequency, place] = [Math.floor(i / BLOCK), i % BLOCK]
  return (frequency === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * place + 1) * frequency * Math.PI) / (2 * BLOCK))
})
const TURNED = Float32Array.from(COSINES, (_, i) => COSINES[(i % BLOCK) * BLOCK + Math.floor(i / BLOCK)]!)

/** As JPEG does it: 8 × 8 blocks of brightness and two colour differences, their frequencies rounded. Pixels beside the last whole block stay. */
function roundFrequencies(rgb: Float32Array, sizePx: number, step: number): void {
  const planes = [0, 1, 2].map(() => new Float32Array(BLOCK * BLOCK)) as [Float32Array, Float32Array, Float32Array]
  const [luma, blue, red] = planes
  const other = new Float32Array(BLOCK * BLOCK)
  for (let top = 0; top + BLOCK <= sizePx; top += BLOCK) {
    for (let left = 0; left + BLOCK <= sizePx; left += BLOCK) {
      for (let i = 0; i < BLOCK * BLOCK; i += 1) {
        const at = 3 * ((top + (i >> 3)) * sizePx + left + (i & 7))
        luma[i] = 0.299 * rgb[at]! + 0.587 * rgb[at + 1]! + 0.114 * rgb[at + 2]!
        blue[i] = rgb[at + 2]! - luma[i]!
        red[i] = rgb[at]! - luma[i]!
      }
      for (const plane of planes) roundBlock(plane, other, plane === luma ? step : step * COLOUR)
      for (let i = 0; i < BLOCK * BLOCK; i += 1) {
        const at = 3 * ((top + (i >> 3)) * sizePx + left + (i & 7))
        rgb[at] = clamped(luma[i]! + red[i]!)
        rgb[at + 1] = clamped(luma[i]! - (0.299 * red[i]! + 0.114 * blue[i]!) / 0.587)
        rgb[at + 2] = clamped(luma[i]! + blue[i]!)
      }
    }
  }
}

function clamped(value: number): number {
  return Math.max(0, Math.min(1, value))
}

function roundBlock(block: Float32Array, other: Float32Array, step: number): void {
  alongRows(block, COSINES, other)
  alongRows(other, COSINES, block)
  for (let i = 0; i < block.length; i += 1) {
    const width = step * (1 + ((HIGH - 1) * ((i >> 3) + (i & 7))) / (2 * BLOCK - 2))
    block[i] = width * Math.round(block[i]! / width)
  }
  alongRows(block, TURNED, other)
  alongRows(other, TURNED, block)
}

/** Multiplies each row by a matrix [8, 8] and turns the block over: twice, both axes are done and it lies as before. */
function alongRows(from: Float32Array, matrix: Float32Array, to: Float32Array): void {
  for (let row = 0; row < BLOCK; row += 1) {
    const at = row * BLOCK
    for (let k = 0; k < BLOCK; k += 1) {
      let sum = 0
      for (let i = 0; i < BLOCK; i += 1) sum += matrix[k * BLOCK + i]! * from[at + i]!
      to[k * BLOCK + row] = sum
    }
  }
}

/** Makes a picture smaller and enlarges it again, both linearly. */
function soften(rgb: Float32Array, sizePx: number, smallPx: number): void {
  rgb.set(resized(resized(rgb, sizePx, smallPx), smallPx, sizePx))
}

/** Linear; what is made smaller is the mean of two samples each way, a cheap guard against steps. */
function resized(rgb: Float32Array, fromPx: number, toPx: number): Float32Array {
  const out = new Float32Array(toPx * toPx * 3)
  const scale = fromPx / toPx
  const [first, second, share] = [new Int32Array(toPx), new Int32Array(toPx), new Float32Array(toPx)]
  for (let i = 0; i < toPx; i += 1) {
    const place = Math.max(0, Math.min(fromPx - 1, (i + 0.5) * scale - 0.5))
    first[i] = Math.floor(place)
    second[i] = Math.min(fromPx - 1, first[i]! + 1)
    share[i] = scale > 1 ? 0.5 : place - first[i]!
  }
  for (let y = 0, at = 0; y < toPx; y += 1) {
    const [top, bottom, fy] = [first[y]! * fromPx, second[y]! * fromPx, share[y]!]
    for (let x = 0; x < toPx; x += 1) {
      const [left, right, fx] = [first[x]!, second[x]!, share[x]!]
      for (let c = 0; c < 3; c += 1, at += 1) {
        const above = rgb[3 * (top + left) + c]! * (1 - fx) + rgb[3 * (top + right) + c]! * fx
        const below = rgb[3 * (bottom + left) + c]! * (1 - fx) + rgb[3 * (bottom + right) + c]! * fx
        out[at] = above + (below - above) * fy
      }
    }
  }
  return out
}

/** Adds noise, the same to all channels of a pixel, of about that deviation. */
function addNoise(rgb: Float32Array, deviation: number, random: Random): void {
  for (let i = 0; i < rgb.length; i += 3) {
    // The sum of two uniform numbers has a deviation of 0.41.
    const noise = (deviation / 0.41) * (random.uniform() + random.uniform() - 1)
    for (let c = i; c < i + 3; c += 1) rgb[c] = clamped(rgb[c]! + noise)
  }
}
