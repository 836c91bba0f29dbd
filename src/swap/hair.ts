import { blurPlane, erodePlane } from '../picture/plane.ts'
import { ramp } from '../work/ramp.ts'
import { lumaOf } from './grain.ts'

/** Light of a pixel as a share of the skin's at which it is hair for sure, and from which on it is none. */
const HAIR_TO_SKIN = [0.66, 0.86] as const
/** Hair is looked for from so far above the brows on, as a share of the side; by the upper of both it counts in full. */
const ABOVE_BROWS = [0.03, 0.07] as const
/** The light of the skin is the median from the brows down to so far below. */
const SKIN_BELOW = 0.35
/** Hair reaches a little beyond where it is dark: as a share of the side. */
const WISPS = 1 / 64
const SOFT = 1 / 64

/**
 * Where hair hangs into the forehead of an aligned face ([s, s, 3] in 0–1), 0–1 a pixel: what is much darker there than the skin below. `inside`: the face [s, s]; `browY`: the brows'
 * height in parts of the side. Fair hair over fair skin is not told from it.
 */
export function hairOnForehead(rgb: Float32Array, inside: Float32Array, browY: number, sizePx: number): Float32Array {
  const luma = lumaOf(rgb)
  const [top, bottom] = [browY, browY + SKIN_BELOW].map((part) => Math.round(part * sizePx) * sizePx) as [number, number]
  const skin = luma
    .subarray(top, bottom)
    .filter((_, i) => inside[top + i]! > 0.9)
    .sort()
  const usual = skin.length === 0 ? 0 : skin[skin.length >> 1]!
  const [begins, full] = ABOVE_BROWS.map((part) => (browY - part) * sizePx) as [number, number]
  const found = luma.map((value, i) => {
    const y = Math.floor(i / sizePx) + 0.5
    return y > begins || usual === 0 ? 0 : ramp(y, [begins, full]) * (1 - ramp(value / usual, HAIR_TO_SKIN))
  })
  const wide = erodePlane({ width: sizePx, height: sizePx, data: found }, -Math.max(1, Math.round(WISPS * sizePx)))
  return blurPlane(wide, SOFT * sizePx).data
}
