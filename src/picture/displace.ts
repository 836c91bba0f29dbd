import { get, kernels, put, room } from './kernels/index.ts'

/**
 * Moves what a square picture shows by a field of displacements ([cells, cells, 2], x and y in parts of the side, at the cells' middles): each point shows what lay that much before it; and
 * enlarges it by a whole factor on the way, so that it is sampled but once. Interleaved samples, up to 4 channels; a Catmull-Rom cubic between pixels, which swings over beside edges; linear
 * between cells; borders repeated.
 */
export function displace(
  data: Float32Array,
  sizePx: number,
  channels: number,
  field: Float32Array,
  cells: number,
  factor = 1,
): Float32Array {
  const loops = kernels()
  const length = data.length * factor * factor
  const [from, by, out] = [put(data), put(field), room(4 * length)]
  loops.displace(from, sizePx, channels, factor, by, cells, out)
  return get(out, new Float32Array(length))
}
