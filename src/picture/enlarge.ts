import { get, kernels, put, room } from './kernels/index.ts'

/** Weights of a Catmull-Rom cubic for a point `t` of the way from the second to the third of four samples. */
function cubic(t: number): [number, number, number, number] {
  const t2 = t * t
  const t3 = t2 * t
  return [-t3 / 2 + t2 - t / 2, (3 * t3 - 5 * t2) / 2 + 1, (-3 * t3 + 4 * t2 + t) / 2, (t3 - t2) / 2]
}

/** Enlarges a square of interleaved samples (up to 4 channels) by a whole factor with a Catmull-Rom cubic: smooth, no blocks, edges as sharp as it goes. */
export function enlargeSquare(data: Float32Array, sizePx: number, channels: number, factor: number): Float32Array {
  if (factor === 1) return data
  const phases = Array.from({ length: factor }, (_, p) => (p + 0.5) / factor - 0.5)
  const row = sizePx * factor * channels
  const { enlarge } = kernels()
  const from = put(data)
  const first = put(Int32Array.from(phases, (at) => Math.floor(at) - 1))
  const weights = put(Float32Array.from(phases.flatMap((at) => cubic(at - Math.floor(at)))))
  const [middle, out] = [room(4 * row * sizePx), room(4 * row * sizePx * factor)]
  enlarge(from, sizePx, channels, factor, first, weights, middle, out)
  return get(out, new Float32Array(row * sizePx * factor))
}
