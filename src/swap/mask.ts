import { get, kernels, put, room } from '../picture/kernels/index.ts'
import { blurRadius, type Plane } from '../picture/plane.ts'
import { ramp } from '../work/ramp.ts'

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

/** A mask that reaches the rim, as a forehead's may, ends there by a ramp of so many samples rather than by a step. */
function fadeToRim(mask: Float32Array, size: number, samples: number): void {
  const share = Float32Array.from({ length: size }, (_, i) => ramp(Math.min(i, size - 1 - i), [0, samples]))
  for (let y = 0, i = 0; y < size; y += 1) for (let x = 0; x < size; x += 1, i += 1) mask[i]! *= share[x]! * share[y]!
}

/** Where the rendered face replaces the footage: inside `drawn` and, unless the mask is only what was learned, the hull of the landmarks, drawn in and feathered. */
export function shapeMask(drawn: Plane, hull: Plane, { kind, erodePercent, blurPercent }: MaskShape): Plane {
  const { width, height, data } = drawn
  const { shape } = kernels()
  const at = put(data)
  const share = (percent: number) => (width * percent) / 100
  const [slack, rim] = [Math.round(width * HULL_SLACK), Math.max(1, Math.round(width * RIM))]
  const radius = blurRadius(share(blurPercent))
  const work = room(8 * (width + 11) * (width + 2))
  shape(
    at,
    put(kind === 'learned' ? new Float32Array(width * height).fill(1) : hull.data),
    width,
    slack,
    rim,
    Math.round(share(erodePercent)),
    radius,
    work,
  )
  const shaped = get(at, new Float32Array(data.length))
  fadeToRim(shaped, width, rim + 2 * radius)
  return { width, height, data: shaped }
}
