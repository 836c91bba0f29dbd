import { get, kernels, put, room } from '../picture/kernels/index.ts'
import { blurRadius } from '../picture/plane.ts'

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
  const { border } = kernels()
  const rgb = put(rendered)
  border(rgb, put(target), put(inside), put(visible), sizePx, blurRadius(REACH * sizePx), MOST_SHIFT, room(4 * inside.byteLength))
  return get(rgb, new Float32Array(rendered.length))
}

/** Blur over which the face's colours are carried outwards, as a share of the side. */
const BLEED = 0.035

/**
 * The rendered face [s, s, 3] with its own colours carried on beyond its edge (`mask` [s, s], as the generator gave it), so that a soft border
 * mixes skin into the footage and not what was behind the source. Light is kept up to the edge, which shows the jaw's outline; colour is taken from a pixel further
 * in: the edge's own is half the background's already.
 */
export function bleedOutwards(rendered: Float32Array, mask: Float32Array, sizePx: number): Float32Array {
  const { bleed } = kernels()
  const rgb = put(rendered)
  bleed(rgb, put(mask), sizePx, blurRadius(BLEED * sizePx), room(5 * mask.byteLength + 8 * (sizePx + 11) * (sizePx + 2)))
  return get(rgb, new Float32Array(rendered.length))
}
