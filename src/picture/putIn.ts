import { enlargeSquare } from './enlarge.ts'
import type { Picture } from './picture.ts'

/** Smaller pictures are enlarged to about this for the networks that look at faces, smoothly: what is left to their inputs of 150 and 192 px is bilinear. */
const LOOKED_AT_PX = 128

/** Square faces [n, s, s, 3] and where they show [n, s, s], in 0–1. */
export interface SquareFaces {
  readonly sizePx: number
  readonly faces: Float32Array
  readonly masks: Float32Array
}

/** Samples in 0–1 as bytes, rounded. */
export function toBytes(values: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8ClampedArray(values.length)
  for (let i = 0; i < values.length; i += 1) bytes[i] = values[i]! * 255
  return new Uint8Array(bytes.buffer)
}

/** Faces [n, s, s, 3] in 0–1 as pictures that the landmark network and the recogniser can look at. */
export function picturesOf(faces: Float32Array, sizePx: number): Picture[] {
  const length = sizePx * sizePx * 3
  const factor = Math.max(1, Math.round(LOOKED_AT_PX / sizePx))
  const side = sizePx * factor
  return Array.from({ length: faces.length / length }, (_, i) => {
    const large = enlargeSquare(faces.subarray(i * length, (i + 1) * length), sizePx, 3, factor)
    return { width: side, height: side, data: toBytes(large) }
  })
}

/** Puts rendered faces (rgb [n, s, s, 3], mask [n, s, s]) into their targets as a swap does: in the target's colours, inside both the rendered mask and the target's own. */
export function putIn(
  { faces, masks, sizePx }: SquareFaces,
  rendered: { readonly rgb: Float32Array; readonly mask: Float32Array },
): Float32Array {
  const pixels = sizePx * sizePx
  const shares = rendered.mask.map((value, i) => Math.min(value, masks[i]!))
  const out = faces.slice()
  for (let first = 0; first < shares.length; first += pixels) {
    for (let channel = 0; channel < 3; channel += 1) {
      const made = spreadIn(rendered.rgb, shares, first, pixels, channel)
      const real = spreadIn(faces, shares, first, pixels, channel)
      const gain = made.deviation < 1e-3 ? 1 : real.deviation / made.deviation
      for (let i = first; i < first + pixels; i += 1) {
        const at = i * 3 + channel
        out[at]! += shares[i]! * ((rendered.rgb[at]! - made.mean) * gain + real.mean - faces[at]!)
      }
    }
  }
  return out
}

/** Mean and standard deviation of one channel of a face inside a mask (Reinhard et al. 2001 transfer colours by these). */
function spreadIn(rgb: Float32Array, shares: Float32Array, first: number, pixels: number, channel: number) {
  let [total, sum, squares] = [1e-6, 0, 0]
  for (let i = first; i < first + pixels; i += 1) {
    const value = rgb[i * 3 + channel]!
    total += shares[i]!
    sum += shares[i]! * value
    squares += shares[i]! * value * value
  }
  const mean = sum / total
  return { mean, deviation: Math.sqrt(Math.max(0, squares / total - mean * mean)) }
}
