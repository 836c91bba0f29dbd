import type { Part } from '../faces/index.ts'
import type { Box, Picture } from '../picture/picture.ts'
import { warpAffine } from '../picture/warp.ts'
import { type YuvPicture, yuvScales } from '../picture/yuv.ts'
import { clippedBox, rgbPart } from '../picture/yuvRgb.ts'
import { sampleGrid, type View } from './view.ts'

const COARSEST = 8
/** Parts are made a little larger than asked for: what looks at a face after the other asks for nearly the same. */
const MARGIN = 0.06

/** The largest power of two by which a box may be reduced to have `neededPx` pixels across still. */
function stepFor({ width }: Box, neededPx: number | undefined): number {
  let step = 1
  if (neededPx !== undefined) while (step < COARSEST && width / (2 * step) >= neededPx) step *= 2
  return step
}

interface Made extends Part {
  /** What it covers of the whole. */
  readonly box: Box
}

function covers({ box }: Made, wanted: Box, { width, height }: { readonly width: number; readonly height: number }): boolean {
  return (
    box.x <= Math.max(0, wanted.x) &&
    box.y <= Math.max(0, wanted.y) &&
    box.x + box.width >= Math.min(width, wanted.x + wanted.width) &&
    box.y + box.height >= Math.min(height, wanted.y + wanted.height)
  )
}

/** A view of a planar picture in square pixels: only the parts that are looked at are converted, each once. The picture must stay as it is meanwhile. */
export function yuvView(picture: YuvPicture): View {
  const { width: coded, height, sar } = picture.format
  const width = Math.max(1, Math.round(coded * sar))
  const across = width / coded
  const made: Made[] = []
  const make = (box: Box, step: number): Made => {
    const own = clippedBox({ ...box, x: box.x / across, width: box.width / across }, coded, height, step)
    const rgb = rgbPart(picture, own, step)
    const place = { x: own.x * across, y: own.y, step }
    const covered = { x: place.x, y: own.y, width: own.width * across, height: own.height }
    if (across === 1) return { picture: rgb, ...place, box: covered }
    const wide = Math.max(1, Math.round(rgb.width * across))
    const matrix = { a: wide / rgb.width, b: 0, tx: 0, c: 0, d: 1, ty: 0 }
    return { picture: warpAffine(rgb, matrix, wide, rgb.height, 'replicate'), ...place, box: covered }
  }
  const part = (box: Box, neededPx?: number): Part => {
    const step = stepFor(box, neededPx)
    const found = made.find((each) => each.step <= step && covers(each, box, { width, height }))
    if (found !== undefined) return found
    const [dx, dy] = [box.width * MARGIN, box.height * MARGIN]
    const fresh = make({ x: box.x - dx, y: box.y - dy, width: box.width + 2 * dx, height: box.height + 2 * dy }, step)
    made.push(fresh)
    return fresh
  }
  let all: Picture | undefined
  return {
    width,
    height,
    part,
    grid(columns, rows) {
      const { black, luma } = yuvScales(picture.format)
      return sampleGrid(coded, height, columns, rows, (pixel) => (255 * (picture.y[pixel]! - black)) / luma)
    },
    whole() {
      all ??= make({ x: 0, y: 0, width, height }, 1).picture
      return all
    },
  }
}
