import { get, kernels, put, room } from '../picture/kernels/index.ts'
import { blurRadius, type Plane } from '../picture/plane.ts'

export interface MaskShape {
  /** What it is made of: the generator's own mask, the hull of the footage's landmarks, or where both agree. */
  readonly kind: 'both' | 'hull' | 'learned'
  /** Pulls the border in (or, negative, out) by this share of the aligned picture's side, per cent. */
  readonly erodePercent: number
  /** Softness of the border, as a share of the side, per cent. */
  readonly blurPercent: number
}

/** Pixels at the rim of the aligned picture where the mask always ends, so that no straight edge can show. */
const RIM = 0.03

/** The hull is that of the landmarks, which lie a little inside of the jaw: a face may reach beyond it by this share of the side. */
const HULL_SLACK = 0.025

/** Where the rendered face replaces the footage: inside `drawn` and, unless the mask is only what was learned, the hull of the landmarks, drawn in and feathered. */
export function shapeMask(drawn: Plane, hull: Plane, { kind, erodePercent, blurPercent }: MaskShape): Plane {
  const { width, height, data } = drawn
  const { shape } = kernels()
  const at = put(data)
  const share = (percent: number) => (width * percent) / 100
  const [slack, rim] = [Math.round(width * HULL_SLACK), Math.max(1, Math.round(width * RIM))]
  const work = room(8 * (width + 11) * (width + 2))
  shape(
    at,
    put(kind === 'learned' ? new Float32Array(width * height).fill(1) : hull.data),
    width,
    slack,
    rim,
    Math.round(share(erodePercent)),
    blurRadius(share(blurPercent)),
    work,
  )
  return { width, height, data: get(at, new Float32Array(data.length)) }
}
