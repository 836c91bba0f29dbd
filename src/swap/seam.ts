import { blurPlane } from '../picture/plane.ts'

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
  // Squared: the edge's own pixels are half background already.
  const sure = mask.map((value) => value * value)
  const weight = plane(sure)
  const out = rendered.slice()
  for (let channel = 0; channel < 3; channel += 1) {
    const near = plane(sure.map((value, i) => value * rendered[i * 3 + channel]!))
    for (let i = 0, p = channel; i < sure.length; i += 1, p += 3) {
      if (weight[i]! > 0.01) out[p]! += (1 - sure[i]!) * (near[i]! / weight[i]! - out[p]!)
    }
  }
  return out
}
