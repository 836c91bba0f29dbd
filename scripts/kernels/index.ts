export { fromLab, sums, toLab, turn } from './colour'
export { displace } from './displace'
export { drawLayer, setCodes, setPlanes } from './draw'
export { bleed, border, clamp, crispness, shape, sharpen } from './fit'
export { difference } from './occlusion'
export { drawPatch, samplePatch } from './patch'
export { blur, erode } from './plane'
export { enlarge, resize } from './resize'
export { rgbPart, setColours } from './rgb'
export { toReal, warp } from './warp'
export { addPattern, strengths } from './watermark'

/** First byte of memory that nothing here uses. */
export function heapBase(): usize {
  return __heap_base
}
