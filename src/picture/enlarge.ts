import { get, type Kernels, kernels, put, room } from './kernels/index.ts'

/** Weights of a Catmull-Rom cubic for a point `t` of the way from the second to the third of four samples. */
function cubic(t: number): [number, number, number, number] {
  const t2 = t * t
  const t3 = t2 * t
  return [-t3 / 2 + t2 - t / 2, (3 * t3 - 5 * t2) / 2 + 1, (-3 * t3 + 4 * t2 + t) / 2, (t3 - t2) / 2]
}

/** Enlarges a square of interleaved samples (up to 4 channels) by a whole factor with a Catmull-Rom cubic: smooth, no blocks, edges as sharp as it goes. */
export function enlargeSquare(data: Float32Array, sizePx: number, channels: number, factor: number): Float32Array {
  if (factor === 1) return data
  return get(enlargeAt(kernels(), data, sizePx, channels, factor), new Float32Array(data.length * factor * factor))
}

/** A mask made larger, within 0–1: the cubic swings over. */
export function enlargeMask(data: Float32Array, sizePx: number, factor: number): Float32Array {
  const loops = kernels()
  const at = factor === 1 ? put(data) : enlargeAt(loops, data, sizePx, 1, factor)
  const count = data.length * factor * factor
  loops.clamp(at, count)
  return get(at, new Float32Array(count))
}

/** The same in the kernels' memory; returns where. */
function enlargeAt({ enlarge }: Kernels, data: Float32Array, sizePx: number, channels: number, factor: number): number {
  const phases = Array.from({ length: factor }, (_, p) => (p + 0.5) / factor - 0.5)
  const row = sizePx * factor * channels
  const from = put(data)
  const first = put(Int32Array.from(phases, (at) => Math.floor(at) - 1))
  const weights = put(Float32Array.from(phases.flatMap((at) => cubic(at - Math.floor(at)))))
  const [middle, out] = [room(4 * row * sizePx), room(4 * row * sizePx * factor)]
  enlarge(from, sizePx, channels, factor, first, weights, middle, out)
  return out
}
