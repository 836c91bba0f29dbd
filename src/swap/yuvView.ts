import type { Box, Picture } from '../picture/picture.ts'
import { warpAffine } from '../picture/warp.ts'
import { type YuvPicture, yuvScales } from '../picture/yuv.ts'
import { clippedBox, rgbPart } from '../picture/yuvRgb.ts'
import { type Part, sampleGrid, type View } from './view.ts'

/** A view of a planar picture in square pixels: only the parts that are looked at are converted. The picture must stay as it is meanwhile. */
export function yuvView(picture: YuvPicture): View {
  const { width: coded, height, sar } = picture.format
  const width = Math.max(1, Math.round(coded * sar))
  const across = width / coded
  let all: Picture | undefined
  const part = (box: Box): Part => {
    const own = clippedBox({ ...box, x: box.x / across, width: box.width / across }, coded, height)
    const rgb = rgbPart(picture, own)
    if (across === 1) return { picture: rgb, x: own.x, y: own.y }
    const wide = Math.max(1, Math.round(own.width * across))
    const stretched = warpAffine(rgb, { a: wide / own.width, b: 0, tx: 0, c: 0, d: 1, ty: 0 }, wide, own.height, 'replicate')
    return { picture: stretched, x: own.x * across, y: own.y }
  }
  return {
    width,
    height,
    part,
    grid(columns, rows) {
      const { black, luma } = yuvScales(picture.format)
      return sampleGrid(coded, height, columns, rows, (pixel) => (255 * (picture.y[pixel]! - black)) / luma)
    },
    whole() {
      all ??= part({ x: 0, y: 0, width, height }).picture
      return all
    },
  }
}
