import type { SeenFace } from '../src/swap/occlusionNetwork.ts'

/** Whether a place of the face picture, x and y in 0–1, is covered. */
type Shape = (x: number, y: number) => boolean

const ellipse =
  (cx: number, cy: number, a: number, b: number, turn = 0): Shape =>
  (x, y) => {
    const [dx, dy] = [x - cx, y - cy]
    const [u, v] = [dx * Math.cos(turn) + dy * Math.sin(turn), dy * Math.cos(turn) - dx * Math.sin(turn)]
    return (u / a) ** 2 + (v / b) ** 2 < 1
  }
const any =
  (...shapes: readonly Shape[]): Shape =>
  (x, y) =>
    shapes.some((covers) => covers(x, y))

/** What is laid over a face. */
export const SHAPES: Readonly<Record<string, Shape>> = {
  'bar across': (x, y) => Math.abs(y - 0.55 - 0.3 * (x - 0.5)) < 0.07,
  'oval at the chin': ellipse(0.5, 0.78, 0.16, 0.12),
  'oval at the cheek': ellipse(0.3, 0.55, 0.12, 0.15),
  'hand over the mouth': any(
    ellipse(0.62, 0.86, 0.2, 0.14, -0.4),
    ...[0, 1, 2, 3].map((k) => ellipse(0.42 + 0.02 * k, 0.62 + 0.075 * k, 0.2, 0.033, 0.35 - 0.05 * k)),
  ),
}

/** Colours by the face's own skin: of things, and of hands. */
export const COLOURS: Readonly<Record<string, (skin: readonly number[]) => readonly number[]>> = {
  black: () => [0.06, 0.06, 0.07],
  white: () => [0.93, 0.93, 0.93],
  green: () => [0.2, 0.5, 0.3],
  'paler skin': (skin) => skin.map((value) => Math.min(1, value * 1.25)),
  'darker skin': (skin) => skin.map((value) => value * 0.7),
  'the same skin': (skin) => skin,
}

/** Covers a face [s, s, 3]; what covers it is lit from above, its rim in shade. */
export function cover(face: Float32Array, sizePx: number, covers: Shape, colour: readonly number[]) {
  const seen = face.slice()
  const where = new Uint8Array(sizePx * sizePx)
  for (let i = 0; i < where.length; i += 1) {
    const [x, y] = [((i % sizePx) + 0.5) / sizePx, (Math.floor(i / sizePx) + 0.5) / sizePx]
    if (!covers(x, y)) continue
    where[i] = 1
    const isRim = !(covers(x - 0.02, y) && covers(x + 0.02, y) && covers(x, y - 0.02) && covers(x, y + 0.02))
    for (let c = 0; c < 3; c += 1) seen[3 * i + c] = colour[c]! * (1.08 - 0.2 * y) * (isRim ? 0.85 : 1)
  }
  return { seen, where }
}

/** Median of each colour inside the mask. */
export function skinOf(face: Float32Array, mask: Float32Array): number[] {
  return [0, 1, 2].map((c) => {
    const sorted = [...mask.keys()]
      .filter((i) => mask[i]! > 0.9)
      .map((i) => face[3 * i + c]!)
      .sort((a, b) => a - b)
    return sorted[sorted.length >> 1] ?? 0
  })
}

/** Intersection over union of what was found (half or more) and what is there, inside the face; undefined where nothing of it lies there. */
export function overlapOf(found: Float32Array, where: Uint8Array, mask: Float32Array): number | undefined {
  let [both, either, there] = [0, 0, 0]
  for (let i = 0; i < where.length; i += 1) {
    if (mask[i]! < 0.5) continue
    const [a, b] = [where[i] === 1, found[i]! > 0.5]
    both += Number(a && b)
    either += Number(a || b)
    there += Number(a)
  }
  return there === 0 ? undefined : both / either
}

/** What was found in front of a face, by difference to the target's own and the network together, and by difference alone. */
export interface Found {
  readonly both: Float32Array
  readonly difference: Float32Array
}

/** The same as numbers, 0–1 each. */
export type Overlaps = { readonly [K in keyof Found]: number }

/** Looks for what is in front of a face. */
export type Look = (face: SeenFace) => Promise<Found>

/** Overlap of what was found with what is there, inside the face; undefined where nothing of it lies there. */
export function overlapsOf({ both, difference }: Found, where: Uint8Array, mask: Float32Array): Overlaps | undefined {
  const [one, other] = [overlapOf(both, where, mask), overlapOf(difference, where, mask)]
  return one === undefined || other === undefined ? undefined : { both: one, difference: other }
}
