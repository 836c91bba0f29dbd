import { get, kernels, put } from './kernels/index.ts'

const TABLE_SIZE = 4096

/** sRGB 0–1 → linear light, sampled finely enough for 8-bit pictures. */
const LINEAR = Float32Array.from({ length: TABLE_SIZE + 1 }, (_, i) => {
  const v = i / TABLE_SIZE
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
})

/** Linear light → sRGB, by the square root of the light: fine where the eye is. */
const GAMMA = Float32Array.from({ length: TABLE_SIZE + 1 }, (_, i) => {
  const v = (i / TABLE_SIZE) ** 2
  return v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055
})

/** What brings colours to L*a*b* and back in the kernels' memory; `kernels()` must have been called. */
export function labTables(): { readonly linear: number; readonly gamma: number } {
  return { linear: put(LINEAR), gamma: put(GAMMA) }
}

/** Interleaved sRGB in 0–1 → CIE L*a*b* (D65): L in 0–100, a and b about ±100. */
export function rgbToLab(rgb: Float32Array): Float32Array {
  const { toLab } = kernels()
  const at = put(rgb)
  toLab(at, rgb.length / 3, labTables().linear)
  return get(at, new Float32Array(rgb.length))
}
