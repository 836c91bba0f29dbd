import { blurPlane, erodePlane } from '../picture/plane.ts'

/** Width of the border's influence, as a share of the side. */
const REACH = 0.09
/** Most that a border may shift the face, 0–1: more is another object (hair, a hand), not light. */
const MOST_SHIFT = 0.25

/**
 * Lets the rendered face meet the footage in colour all along its border: the difference there, spread smoothly inwards, is added to it.
 * A cheap relative of Poisson blending (Pérez et al. 2003) and of membrane interpolation. `inside` is the mask, 0–1 a pixel; `visible`: 0 where something
 * is in front, whose colours then do not count.
 */
export function matchBorder(
  rendered: Float32Array,
  target: Float32Array,
  inside: Float32Array,
  visible: Float32Array,
  sizePx: number,
): Float32Array {
  const band = new Float32Array(inside.length)
  // Heaviest where the mask is half: there footage and rendering show equally.
  for (let i = 0; i < band.length; i += 1) band[i] = 4 * inside[i]! * (1 - inside[i]!) * visible[i]!
  const sigma = REACH * sizePx
  const plane = (data: Float32Array) => blurPlane({ width: sizePx, height: sizePx, data }, sigma).data
  const weight = plane(band)
  const out = rendered.slice()
  for (let channel = 0; channel < 3; channel += 1) {
    const difference = new Float32Array(band.length)
    for (let i = 0; i < band.length; i += 1) {
      const shift = target[i * 3 + channel]! - rendered[i * 3 + channel]!
      difference[i] = band[i]! * Math.max(-MOST_SHIFT, Math.min(MOST_SHIFT, shift))
    }
    const spread = plane(difference)
    for (let i = 0; i < band.length; i += 1) {
      const w = weight[i]!
      // Far from the border the weight fades, and the shift with it.
      if (w > 1e-4) out[i * 3 + channel]! += (spread[i]! / w) * Math.min(1, w / 0.12)
    }
  }
  return out
}

/** Blur over which the face's colours are carried outwards, as a share of the side. */
const BLEED = 0.035

/**
 * The rendered face [s, s, 3] with its own colours carried on beyond its edge (`mask` [s, s], as the generator gave it), so that a soft border
 * mixes skin into the footage and not what was behind the source.
 */
export function bleedOutwards(rendered: Float32Array, mask: Float32Array, sizePx: number): Float32Array {
  const plane = (data: Float32Array) => blurPlane({ width: sizePx, height: sizePx, data }, BLEED * sizePx).data
  // Light is kept up to the edge, which shows the jaw's outline; colour from a pixel further in: the edge's own is half the background's already.
  const sure = erodePlane({ width: sizePx, height: sizePx, data: mask }, 1).data.map((value) => value * value)
  const weight = plane(sure)
  const near = [0, 1, 2].map((channel) => plane(sure.map((value, i) => value * rendered[i * 3 + channel]!)))
  const out = rendered.slice()
  for (let i = 0, p = 0; i < sure.length; i += 1, p += 3) {
    const w = weight[i]!
    if (w < 0.01) continue
    const [r, g, b] = near.map((data, channel) => data[i]! / w - rendered[p + channel]!) as [number, number, number]
    const light = 0.2126 * r + 0.7152 * g + 0.0722 * b
    const [colour, shade] = [1 - sure[i]!, (1 - mask[i]! * mask[i]!) * light]
    out[p]! += colour * (r - light) + shade
    out[p + 1]! += colour * (g - light) + shade
    out[p + 2]! += colour * (b - light) + shade
  }
  return out
}
