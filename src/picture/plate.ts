import type { Box } from './picture.ts'
import { type YuvFormat, type YuvPicture, yuvScales } from './yuv.ts'
import { type Layer, toCodes } from './yuvDraw.ts'

/** Pixels around what shows that have its colour too: a decoder that rings or interpolates finds no black there. */
const MARGIN_PX = 16
/** How far colours go: to the end of the macroblocks that the margin touches. */
const REACH_PX = 2 * MARGIN_PX

/** Layers laid over each other, to be laid over a picture: its luma and chroma for every pixel of a box, and how much of it shows. */
export interface Plate {
  /** What its numbers mean. */
  readonly format: YuvFormat
  readonly box: Box
  /** 0–1 */
  readonly amount: Float32Array
  /** Codes of `format`, not yet whole; where nothing shows, those of near pixels that do, or black. */
  readonly y: Float32Array
  readonly u: Float32Array
  readonly v: Float32Array
}

/** The box around all layers and a margin, on whole macroblocks where the picture has them, so that no block of a codec has an edge in it. */
function boxAround(layers: readonly Layer[], { width, height }: YuvFormat): Box {
  const reach = (from: number, to: number, length: number) => {
    const start = Math.max(0, Math.floor((from - MARGIN_PX) / MARGIN_PX) * MARGIN_PX)
    return [start, Math.min(length, Math.ceil((to + MARGIN_PX) / MARGIN_PX) * MARGIN_PX) - start] as const
  }
  const boxes = layers.map(({ box }) => box)
  const [x, across] = reach(Math.min(...boxes.map((box) => box.x)), Math.max(...boxes.map((box) => box.x + box.width)), width)
  const [y, down] = reach(Math.min(...boxes.map((box) => box.y)), Math.max(...boxes.map((box) => box.y + box.height)), height)
  return { x, y, width: across, height: down }
}

/** Lays a layer over a plate, in place (Porter and Duff 1984, colours not multiplied). */
function lay(plate: Plate, layer: Layer): void {
  const [ys, us, vs] = toCodes(layer, plate.format)
  const { box } = layer
  let i = 0
  for (let row = box.y; row < box.y + box.height; row += 1) {
    let at = (row - plate.box.y) * plate.box.width + box.x - plate.box.x
    for (let column = 0; column < box.width; column += 1, i += 1, at += 1) {
      const over = layer.amount[i]!
      if (over === 0) continue
      const all = over + plate.amount[at]! * (1 - over)
      const share = over / all
      plate.amount[at] = all
      plate.y[at]! += share * (ys[i]! - plate.y[at]!)
      plate.u[at]! += share * (us[i]! - plate.u[at]!)
      plate.v[at]! += share * (vs[i]! - plate.v[at]!)
    }
  }
}

/** For every pixel of a line, which pixel of it gives the colour: itself where something shows, else the nearest one where it does; −1 where none is near. */
function nearestShown(shows: (i: number) => boolean, length: number): Int32Array {
  const from = new Int32Array(length).fill(-1)
  let last = Number.NEGATIVE_INFINITY
  for (let i = 0; i < length; i += 1) {
    if (shows(i)) last = i
    if (i - last <= REACH_PX) from[i] = last
  }
  last = Number.POSITIVE_INFINITY
  for (let i = length - 1; i >= 0; i -= 1) {
    if (shows(i)) last = i
    if (last - i <= REACH_PX && (from[i]! < 0 || last - i < i - from[i]!)) from[i] = last
  }
  return from
}

/** Gives the pixels of which nothing shows the colours of their neighbours, along the rows and then from row to row. */
function spread({ box, amount, y, u, v }: Plate): void {
  const { width, height } = box
  const filled = new Uint8Array(height)
  for (let row = 0; row < height; row += 1) {
    const base = row * width
    const from = nearestShown((i) => amount[base + i]! > 0, width)
    for (const [i, nearest] of from.entries()) {
      if (nearest < 0) continue
      filled[row] = 1
      for (const plane of [y, u, v]) plane[base + i] = plane[base + nearest]!
    }
  }
  const rows = nearestShown((row) => filled[row] === 1, height)
  for (let row = 0; row < height; row += 1) {
    if (filled[row] === 1 || rows[row]! < 0) continue
    for (const plane of [y, u, v]) plane.copyWithin(row * width, rows[row]! * width, (rows[row]! + 1) * width)
  }
}

/** The layers, the first one lowest, as one plate for pictures of this format; undefined where there is none. */
export function plateOf(layers: readonly Layer[], format: YuvFormat): Plate | undefined {
  if (layers.length === 0) return undefined
  const box = boxAround(layers, format)
  const { black, middle } = yuvScales(format)
  const plane = (code: number) => new Float32Array(box.width * box.height).fill(code)
  const plate: Plate = { format, box, amount: plane(0), y: plane(black), u: plane(middle), v: plane(middle) }
  for (const layer of layers) lay(plate, layer)
  spread(plate)
  return plate
}

/** Luma of a picture inside a box. */
export function lumaIn({ format, y }: YuvPicture, box: Box): Float32Array {
  const luma = new Float32Array(box.width * box.height)
  for (let row = 0; row < box.height; row += 1) {
    const start = (box.y + row) * format.width + box.x
    luma.set(y.subarray(start, start + box.width), row * box.width)
  }
  return luma
}

/** Changes a plate's luma as the picture's has changed since it was `before`: what was written into the picture is in the plate too, once. */
export function followLuma(plate: Plate, picture: YuvPicture, before: Float32Array): void {
  const now = lumaIn(picture, plate.box)
  for (let i = 0; i < now.length; i += 1) plate.y[i]! += now[i]! - before[i]!
}

/** Red, green and blue signal of a plate, interleaved; 0–1 inside the format's range. */
export function plateRgb({ format, y, u, v }: Plate): Float32Array {
  const { kr, kb } = format
  const { black, luma, middle, chroma } = yuvScales(format)
  const rgb = new Float32Array(y.length * 3)
  for (let i = 0, p = 0; i < y.length; i += 1, p += 3) {
    const light = (y[i]! - black) / luma
    const red = light + (2 * (1 - kr) * (v[i]! - middle)) / chroma
    const blue = light + (2 * (1 - kb) * (u[i]! - middle)) / chroma
    rgb[p] = red
    rgb[p + 1] = (light - kr * red - kb * blue) / (1 - kr - kb)
    rgb[p + 2] = blue
  }
  return rgb
}
