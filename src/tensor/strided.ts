import type { tf } from './tf.ts'

/** What tf.js's StridedSlice is told, masks as in TensorFlow. */
export interface StridedSliceAttrs {
  readonly begin: number[]
  readonly end: number[]
  readonly strides: number[]
  readonly beginMask: number
  readonly endMask: number
  readonly ellipsisMask: number
  readonly newAxisMask: number
  readonly shrinkAxisMask: number
}

/** Where a strided slice begins and ends along each axis of `shape`, and how many elements it takes there, before axes are added or dropped. */
export function stridedPlaces(library: { readonly slice_util: typeof tf.slice_util }, shape: readonly number[], a: StridedSliceAttrs) {
  const masks = [a.beginMask, a.endMask, a.ellipsisMask, a.newAxisMask, a.shrinkAxisMask] as const
  const { begin, end, strides, finalShape } = library.slice_util.sliceInfo([...shape], a.begin, a.end, a.strides, ...masks)
  const taken = begin.map((from, axis) => Math.max(0, Math.ceil((end[axis]! - from) / strides[axis]!)))
  return { begin, end, strides, finalShape, taken }
}
