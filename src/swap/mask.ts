import { blurPlane, erodePlane, type Plane } from '../picture/plane.ts'

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

/** Where the rendered face replaces the footage: inside the generator's mask, the hull of the landmarks or both, drawn in and feathered. */
export function shapeMask(generated: Plane, hull: Plane, shape: MaskShape): Plane {
  const { width, height } = generated
  const data = new Float32Array(width * height)
  const outline = erodePlane(hull, -Math.round(width * HULL_SLACK))
  const rim = Math.max(1, Math.round(width * RIM))
  for (let y = rim; y < height - rim; y += 1) {
    for (let x = rim; x < width - rim; x += 1) {
      const i = y * width + x
      const [learned, drawn] = [generated.data[i]!, outline.data[i]!]
      data[i] = shape.kind === 'both' ? Math.min(learned, drawn) : shape.kind === 'hull' ? drawn : learned
    }
  }
  const radius = Math.round((width * shape.erodePercent) / 100)
  const sigma = (width * shape.blurPercent) / 100
  const soft = blurPlane(erodePlane({ width, height, data }, radius), sigma)
  // The blur reaches outwards as well: keep it off the rim.
  for (let x = 0; x < width; x += 1) soft.data[x] = soft.data[(height - 1) * width + x] = 0
  for (let y = 0; y < height; y += 1) soft.data[y * width] = soft.data[y * width + width - 1] = 0
  return soft
}
