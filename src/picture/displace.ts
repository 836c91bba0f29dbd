import { get, kernels, put, room } from './kernels/index.ts'

/**
 * Moves what a square picture shows by a field of displacements ([cells, cells, 2], x and y in parts of the side, at the cells' middles): each point shows what lay that much before it.
 * Interleaved samples (up to 4 channels) in 0–1 stay within that; Catmull-Rom between pixels, linear between cells, borders repeated.
 */
export function displace(data: Float32Array, sizePx: number, channels: number, field: Float32Array, cells: number): Float32Array {
  const loops = kernels()
  const [from, by, out] = [put(data), put(field), room(data.byteLength)]
  loops.displace(from, sizePx, channels, by, cells, out)
  return get(out, new Float32Array(data.length))
}
