import type { Random } from '../models/random.ts'

/** How much brighter one side of a face gets than its middle, at most, and the other side darker. */
const SLOPE = 0.5
/** Largest exponent of the brightness curve, as its logarithm; its inverse is the smallest. */
const GAMMA = 0.4
const TABLE = 512

/** Lights a face [s, s, 3] in 0–1 from another side and bends its brightness, in place. */
export function relight(rgb: Float32Array, sizePx: number, random: Random): void {
  const angle = 2 * Math.PI * random.uniform()
  const slope = SLOPE * random.uniform()
  const curve = curveTable(Math.exp(GAMMA * (2 * random.uniform() - 1)))
  const [acrossX, acrossY] = [(2 * slope * Math.cos(angle)) / sizePx, (2 * slope * Math.sin(angle)) / sizePx]
  const middle = (sizePx - 1) / 2
  let at = 0
  for (let y = 0; y < sizePx; y += 1) {
    for (let x = 0; x < sizePx; x += 1) {
      const gain = Math.max(0, 1 + (x - middle) * acrossX + (y - middle) * acrossY) * TABLE
      for (const end = at + 3; at < end; at += 1) {
        const place = Math.min(TABLE, rgb[at]! * gain)
        const below = place | 0
        rgb[at] = curve[below]! + (curve[below + 1]! - curve[below]!) * (place - below)
      }
    }
  }
}

/** Powers of 0 … TABLE in parts of TABLE, and one more so that the last can be interpolated. */
function curveTable(gamma: number): Float32Array {
  return Float32Array.from({ length: TABLE + 2 }, (_, i) => Math.min(1, (i / TABLE) ** gamma))
}
