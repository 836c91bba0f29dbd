import { transferCurve } from './linear.ts'
import type { Box } from './picture.ts'
import { type Plate, plateRgb } from './plate.ts'
import { yuvScales } from './yuv.ts'

/** Whether colours are as they are (`straight`) or already weighed by how much of them shows. */
export type PlateAlpha = 'straight' | 'premultiplied'

const MOST_16 = 65_535

/** Sets a row of whole numbers, rounded and kept within 0 and `most`. */
function put(to: Uint16Array, at: number, from: Float32Array, start: number, count: number, most: number): void {
  for (let i = 0; i < count; i += 1) {
    const value = from[start + i]! + 0.5
    to[at + i] = value <= 0 ? 0 : Math.min(value, most)
  }
}

/**
 * A whole picture with nothing in it but the plate, as ffmpeg's yuva444p10le: planes of luma, chroma and alpha, two bytes each; black is 64 and white 940
 * whatever the plate's own range, for ProRes knows no other. An undefined plate is black and shows nothing.
 */
export function plateYuva(plate: Plate | undefined, width: number, height: number, alpha: PlateAlpha): Uint8Array {
  const area = width * height
  const all = new Uint16Array(4 * area)
  all.fill(64, 0, area).fill(512, area, 3 * area)
  if (plate !== undefined) {
    const { box, amount } = plate
    const scales = yuvScales(plate.format)
    const planes = [
      { from: plate.y, zero: scales.black, scale: 876 / scales.luma, base: 64 },
      { from: plate.u, zero: scales.middle, scale: 896 / scales.chroma, base: 512 },
      { from: plate.v, zero: scales.middle, scale: 896 / scales.chroma, base: 512 },
      { from: amount, zero: 0, scale: 1023, base: 0 },
    ]
    for (const [plane, { from, zero, scale, base }] of planes.entries()) {
      const weighed = alpha === 'premultiplied' && plane < 3
      const codes = from.map((value, i) => base + scale * (value - zero) * (weighed ? amount[i]! : 1))
      for (let row = 0; row < box.height; row += 1)
        put(all, plane * area + (box.y + row) * width + box.x, codes, row * box.width, box.width, 1023)
    }
  }
  return new Uint8Array(all.buffer)
}

/** The same as interleaved R'G'B'A of 16 bits, full range: [height, width, 4]. */
export function plateRgba(plate: Plate | undefined, width: number, height: number, alpha: PlateAlpha): Uint16Array {
  const all = new Uint16Array(4 * width * height)
  if (plate === undefined) return all
  const { box, amount } = plate
  const rgb = plateRgb(plate)
  const row = new Float32Array(4 * box.width)
  for (let y = 0; y < box.height; y += 1) {
    for (let x = 0; x < box.width; x += 1) {
      const i = y * box.width + x
      const scale = MOST_16 * (alpha === 'premultiplied' ? amount[i]! : 1)
      for (let k = 0; k < 3; k += 1) row[4 * x + k] = scale * rgb[3 * i + k]!
      row[4 * x + 3] = MOST_16 * amount[i]!
    }
    put(all, 4 * ((box.y + y) * width + box.x), row, 0, row.length, MOST_16)
  }
  return all
}

/** Planes of light and of alpha inside a box. */
export interface LinearPlate {
  readonly box: Box
  readonly red: Float32Array
  readonly green: Float32Array
  readonly blue: Float32Array
  readonly alpha: Float32Array
}

/** The plate in linear light by the curve of a transfer tag, inside its own box; an undefined one is a single pixel of which nothing shows. */
export function plateLinear(plate: Plate | undefined, alpha: PlateAlpha, transfer: string | undefined): LinearPlate {
  if (plate === undefined) {
    const empty = () => new Float32Array(1)
    return { box: { x: 0, y: 0, width: 1, height: 1 }, red: empty(), green: empty(), blue: empty(), alpha: empty() }
  }
  const { toLight } = transferCurve(transfer)
  const rgb = plateRgb(plate)
  const plane = (k: number) => plate.amount.map((amount, i) => toLight(rgb[3 * i + k]!) * (alpha === 'premultiplied' ? amount : 1))
  return { box: plate.box, red: plane(0), green: plane(1), blue: plane(2), alpha: plate.amount }
}
