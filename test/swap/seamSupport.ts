import type { Landmarks } from '../../src/faces/index.ts'
import { seedRandom } from '../../src/models/random.ts'
import { get, kernels, put } from '../../src/picture/kernels/index.ts'
import { labTables } from '../../src/picture/lab.ts'
import { type Moments, momentsAt, turnAt } from '../../src/swap/moments.ts'
import { syntheticFace } from '../faces/support.ts'

/** Pixels [s, s, 3] by a formula of place (0–1) and channel. */
export function paint(sizePx: number, colour: (x: number, y: number, channel: number) => number): Float32Array {
  return Float32Array.from({ length: sizePx * sizePx * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3)
    return colour(((pixel % sizePx) + 0.5) / sizePx, (Math.floor(pixel / sizePx) + 0.5) / sizePx, i % 3)
  })
}

/** A plane [s, s] by a formula of place (0–1). */
export function field(sizePx: number, value: (x: number, y: number) => number): Float32Array {
  return Float32Array.from({ length: sizePx * sizePx }, (_, i) =>
    value(((i % sizePx) + 0.5) / sizePx, (Math.floor(i / sizePx) + 0.5) / sizePx),
  )
}

/** Colours [n × 3] whose channels vary together. */
export function correlated(count: number, seed: number, mean: readonly number[], mix: readonly number[]): Float32Array {
  const random = seedRandom(seed)
  const out = new Float32Array(count * 3)
  for (let i = 0; i < count; i += 1) {
    const z = [random.normal(), random.normal(), random.normal()]
    for (let k = 0; k < 3; k += 1) out[i * 3 + k] = mean[k]! + mix[k * 3]! * z[0]! + mix[k * 3 + 1]! * z[1]! + mix[k * 3 + 2]! * z[2]!
  }
  return out
}

/** `data` with noise of this deviation. */
export function noisy(data: Float32Array, deviation: number, seed: number): Float32Array {
  const random = seedRandom(seed)
  return data.map((value) => value + deviation * random.normal())
}

/** Skin with brows, eyes and mouth as soft dark spots, lit from one side. */
export function facePixels(sizePx: number, light = 1, dx = 0): Float32Array {
  const spot = (x: number, y: number, cx: number, cy: number, a: number, b: number) =>
    Math.exp(-(((x - cx - dx) / a) ** 2 + ((y - cy) / b) ** 2))
  return paint(sizePx, (x, y, c) => {
    const dark = spot(x, y, 0.36, 0.38, 0.08, 0.03) + spot(x, y, 0.64, 0.38, 0.08, 0.03) + 0.7 * spot(x, y, 0.5, 0.7, 0.12, 0.03)
    return light * ([0.7, 0.5, 0.4][c]! * (0.85 + 0.2 * x) - 0.35 * dark)
  })
}

/** Landmarks of a synthetic face whose mesh fills an oval around `x`, `y`. */
export function ovalLandmarks(x: number, y: number, scale: number): Landmarks {
  const { mesh } = syntheticFace({ x, y, scale })
  const known = new Set<number>()
  for (let i = 0; i < 468; i += 1) if (mesh[i * 3] !== 0 || mesh[i * 3 + 1] !== 0) known.add(i)
  for (let i = 0; i < 468; i += 1) {
    if (!known.has(i)) mesh.set([x + 0.38 * scale * Math.cos(i), y + 0.5 * scale * Math.sin(i), 0], i * 3)
  }
  mesh.set([x, y + 0.5 * scale, 0], 152 * 3)
  return { mesh, points68: new Float32Array(136), confidence: 1 }
}

/** Weighted moments of interleaved triples; undefined where the weights add up to less than one pixel. */
export function momentsOf(data: Float32Array, weights: Float32Array): Moments | undefined {
  const loops = kernels()
  return momentsAt(loops, put(data), put(weights), weights.length)
}

/** `data` with its colours turned about their mean by `matrix` and set on the other mean. */
export function applyMoments(data: Float32Array, matrix: Float64Array, from: Float32Array, to: Float32Array): Float32Array {
  const loops = kernels()
  const at = put(data)
  turnAt(loops, at, data.length / 3, matrix, from, to)
  return get(at, new Float32Array(data.length))
}

/** The inverse of `rgbToLab`, clipped to sRGB, by the loop that ColourMatcher ends with. */
export function labToRgb(lab: Float32Array): Float32Array {
  const { fromLab } = kernels()
  const at = put(lab)
  fromLab(at, lab.length / 3, labTables().gamma)
  return get(at, new Float32Array(lab.length))
}
