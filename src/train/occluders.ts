import type { Random } from '../models/random.ts'

/** Share of the picture that something before the face covers; the face fills about half of the picture. */
const LEAST_AREA = 0.01
const MOST_AREA = 0.1
/** Softness of the border, as a share of the side: out of focus or in motion. */
const SOFT = 0.03
/** Side of the grid of random brightness that makes a texture. */
const GRAIN = 8

/** How far outside of a shape a point is, negative inside; x and y in 0–1. */
type Outside = (x: number, y: number) => number

/** Puts something before a face [s, s, 3] in 0–1, in place: an oval, a bar or a polygon in one colour or with a texture. */
export function occlude(rgb: Float32Array, sizePx: number, random: Random): void {
  const { outside, reach, x: cx, y: cy } = randomShape(random)
  const paint = randomPaint(random)
  const soft = SOFT * (0.2 + random.uniform())
  const far = reach + soft
  const [left, right] = [Math.max(0, Math.floor((cx - far) * sizePx)), Math.min(sizePx, Math.ceil((cx + far) * sizePx))]
  const [top, bottom] = [Math.max(0, Math.floor((cy - far) * sizePx)), Math.min(sizePx, Math.ceil((cy + far) * sizePx))]
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) {
      const share = 0.5 - outside((x + 0.5) / sizePx, (y + 0.5) / sizePx) / soft
      if (share <= 0) continue
      const cover = Math.min(1, share)
      const at = (y * sizePx + x) * 3
      for (let c = 0; c < 3; c += 1) rgb[at + c]! += cover * (paint(x / sizePx, y / sizePx, c) - rgb[at + c]!)
    }
  }
}

/** A shape around (x, y) with no part further away than `reach`. */
function randomShape(random: Random): { outside: Outside; reach: number; x: number; y: number } {
  const area = LEAST_AREA + (MOST_AREA - LEAST_AREA) * random.uniform()
  const [x, y] = [0.1 + 0.8 * random.uniform(), 0.1 + 0.8 * random.uniform()]
  const angle = Math.PI * random.uniform()
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const kind = random.below(3)
  if (kind === 0) {
    const long = 1 + 2 * random.uniform()
    const [a, b] = [Math.sqrt((area * long) / Math.PI), Math.sqrt(area / long / Math.PI)]
    const oval: Outside = (px, py) => {
      const [u, v] = [cos * (px - x) + sin * (py - y), cos * (py - y) - sin * (px - x)]
      return (Math.hypot(u / a, v / b) - 1) * b
    }
    return { outside: oval, reach: a, x, y }
  }
  // A bar has two pairs of sides far apart from each other, a polygon three to six sides around it.
  const sides = kind === 1 ? 4 : 3 + random.below(4)
  const long = kind === 1 ? 2 + 4 * random.uniform() : 1
  const inner = Math.sqrt(area / (kind === 1 ? 4 * long : sides * Math.tan(Math.PI / sides)))
  const edges = Array.from({ length: sides }, (_, i) => {
    const turn = angle + (2 * Math.PI * i) / sides
    return { nx: Math.cos(turn), ny: Math.sin(turn), away: kind === 1 && i % 2 === 1 ? inner * long : inner }
  })
  const outside: Outside = (px, py) => {
    let most = Number.NEGATIVE_INFINITY
    for (const { nx, ny, away } of edges) most = Math.max(most, nx * (px - x) + ny * (py - y) - away)
    return most
  }
  return { outside, reach: kind === 1 ? inner * Math.hypot(1, long) : inner / Math.cos(Math.PI / sides), x, y }
}

/** A colour of each channel at a place. */
function randomPaint(random: Random): (x: number, y: number, channel: number) => number {
  const colour = Array.from({ length: 3 }, () => random.uniform())
  if (random.uniform() < 0.5) return (_x, _y, channel) => colour[channel]!
  const rough = 0.6 * random.uniform()
  const grain = Float32Array.from({ length: (GRAIN + 1) ** 2 }, () => rough * (random.uniform() - 0.5))
  return (x, y, channel) => {
    const at = Math.floor(y * GRAIN) * (GRAIN + 1) + Math.floor(x * GRAIN)
    const [fx, fy] = [(x * GRAIN) % 1, (y * GRAIN) % 1]
    const top = grain[at]! + (grain[at + 1]! - grain[at]!) * fx
    const bottom = grain[at + GRAIN + 1]! + (grain[at + GRAIN + 2]! - grain[at + GRAIN + 1]!) * fx
    return Math.max(0, Math.min(1, colour[channel]! + top + (bottom - top) * fy))
  }
}
