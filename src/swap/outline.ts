import type { Picture } from '../picture/picture.ts'
import { blurPlane, erodePlane, type Plane } from '../picture/plane.ts'
import { ramp } from '../work/ramp.ts'

/** Skin for sure: so far inside of the landmarks' outline. Its colours, carried outwards over REACH, are what the edge of the face is expected to have; both as shares of the side. */
const CORE = 0.06
const REACH = 0.06
/** From so far inside of the outline on a pixel may be something else than the face. */
const BAND = 0.012
/** Distance in colour (0–1: Cb, Cr and LIGHT times luma) from that skin at which it begins to be something else, and is for sure. Light counts by half, since a jaw turns away from it. */
const OTHER = [0.045, 0.085] as const
const LIGHT = 0.5
/** Smoothing of what was found. */
const SOFT = 0.01
/** Further from the core than this much of it reaches, nothing is known. */
const LEAST = 1e-4

/**
 * Where along the landmarks' outline the footage no longer shows the face, 0–1 a pixel: background, hair or a collar, by colours that are far from those of the skin just inside.
 * Landmarks lie inside of some jaws and right on the edge of others, where a soft border carries skin into what is behind. `seen`: the footage, as large as `hull` [s, s]. What has the colours of skin,
 * as the neck does, is not told from the face.
 */
export function beyondFace(seen: Picture, hull: Plane): Float32Array {
  const { width: size } = hull
  const shrunk = (share: number) => erodePlane(hull, Math.max(1, Math.round(share * size))).data
  const [core, sure] = [shrunk(CORE), shrunk(BAND)]
  const planes = () => [new Float32Array(core.length), new Float32Array(core.length), new Float32Array(core.length)] as const
  const [colours, inner] = [planes(), planes()]
  for (let i = 0, p = 0; i < core.length; i += 1, p += 3) {
    const [r, g, b] = [seen.data[p]! / 255, seen.data[p + 1]! / 255, seen.data[p + 2]! / 255]
    const luma = 0.299 * r + 0.587 * g + 0.114 * b
    colours[0][i] = LIGHT * luma
    colours[1][i] = 0.713 * (r - luma)
    colours[2][i] = 0.564 * (b - luma)
    for (let k = 0; k < 3; k += 1) inner[k]![i] = colours[k]![i]! * core[i]!
  }
  const spread = (data: Float32Array) => blurPlane({ width: size, height: size, data }, REACH * size).data
  const reached = spread(core)
  const skin = inner.map(spread)
  const found = new Float32Array(core.length)
  for (let i = 0; i < found.length; i += 1) {
    if (sure[i]! >= 1 || reached[i]! < LEAST) continue
    let far = 0
    for (let k = 0; k < 3; k += 1) far += (colours[k]![i]! - skin[k]![i]! / reached[i]!) ** 2
    found[i] = (1 - sure[i]!) * ramp(Math.sqrt(far), OTHER)
  }
  return blurPlane({ width: size, height: size, data: found }, SOFT * size).data
}
