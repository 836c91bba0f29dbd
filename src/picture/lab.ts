const TABLE_SIZE = 4096
const EPSILON = 216 / 24389
const KAPPA = 24389 / 27

/** sRGB 0–1 → linear light, sampled finely enough for 8-bit pictures. */
const LINEAR = Float32Array.from({ length: TABLE_SIZE + 1 }, (_, i) => {
  const v = i / TABLE_SIZE
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
})

function linear(value: number): number {
  return LINEAR[Math.max(0, Math.min(TABLE_SIZE, Math.round(value * TABLE_SIZE)))]!
}

/** Linear light → sRGB, by the square root of the light: fine where the eye is. */
const GAMMA = Float32Array.from({ length: TABLE_SIZE + 1 }, (_, i) => {
  const v = (i / TABLE_SIZE) ** 2
  return v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055
})

function gamma(value: number): number {
  return GAMMA[Math.round(Math.sqrt(Math.max(0, Math.min(1, value))) * TABLE_SIZE)]!
}

function curve(t: number): number {
  return t > EPSILON ? Math.cbrt(t) : (KAPPA * t + 16) / 116
}

function uncurve(t: number): number {
  const cube = t * t * t
  return cube > EPSILON ? cube : (116 * t - 16) / KAPPA
}

/** Interleaved sRGB in 0–1 → CIE L*a*b* (D65): L in 0–100, a and b about ±100. */
export function rgbToLab(rgb: Float32Array): Float32Array {
  const lab = new Float32Array(rgb.length)
  for (let i = 0; i < rgb.length; i += 3) {
    const r = linear(rgb[i]!)
    const g = linear(rgb[i + 1]!)
    const b = linear(rgb[i + 2]!)
    const x = curve((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047)
    const y = curve(0.2126729 * r + 0.7151522 * g + 0.072175 * b)
    const z = curve((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883)
    lab[i] = 116 * y - 16
    lab[i + 1] = 500 * (x - y)
    lab[i + 2] = 200 * (y - z)
  }
  return lab
}

/** The inverse of `rgbToLab`, clipped to sRGB. */
export function labToRgb(lab: Float32Array): Float32Array {
  const rgb = new Float32Array(lab.length)
  for (let i = 0; i < lab.length; i += 3) {
    const fy = (lab[i]! + 16) / 116
    const x = 0.95047 * uncurve(fy + lab[i + 1]! / 500)
    const y = uncurve(fy)
    const z = 1.08883 * uncurve(fy - lab[i + 2]! / 200)
    rgb[i] = gamma(3.2404542 * x - 1.5371385 * y - 0.4985314 * z)
    rgb[i + 1] = gamma(-0.969266 * x + 1.8760108 * y + 0.041556 * z)
    rgb[i + 2] = gamma(0.0556434 * x - 0.2040259 * y + 1.0572252 * z)
  }
  return rgb
}
