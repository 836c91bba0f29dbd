import { rgbToLab } from '../picture/lab.ts'
import { laplacianAt } from '../picture/laplacian.ts'
import type { GrayPicture, Picture } from '../picture/picture.ts'
import { convexHull, fillConvex, type Point } from '../picture/polygon.ts'

/** The hull of a mesh in a picture, widened about its middle by `scale`: 255 inside. */
export function hullMask(mesh: ArrayLike<number>, scale: number, width: number, height: number): GrayPicture {
  const points: Point[] = []
  let x = 0
  let y = 0
  for (let i = 0; i < mesh.length; i += 3) {
    points.push([mesh[i]!, mesh[i + 1]!])
    x += mesh[i]!
    y += mesh[i + 1]!
  }
  x /= points.length
  y /= points.length
  const widened = convexHull(points).map(([px, py]): Point => [x + (px - x) * scale, y + (py - y) * scale])
  return fillConvex(widened, width, height)
}

/** Mean squared error of two pictures (0–255, over the channels) where `inside` is set and `outside` is not; null where that is nowhere. */
export function maskedError(a: Picture, b: Picture, outside: GrayPicture, inside?: GrayPicture): number | null {
  let sum = 0
  let count = 0
  for (let i = 0; i < outside.data.length; i++) {
    if (outside.data[i] !== 0 || inside?.data[i] === 0) continue
    const p = i * 3
    sum += (a.data[p]! - b.data[p]!) ** 2 + (a.data[p + 1]! - b.data[p + 1]!) ** 2 + (a.data[p + 2]! - b.data[p + 2]!) ** 2
    count += 3
  }
  return count === 0 ? null : sum / count
}

/** Variance of the Laplacian (four neighbours) inside a mask: the usual measure of sharpness. */
export function sharpness({ width, height, data }: GrayPicture, mask: GrayPicture): number {
  let sum = 0
  let squares = 0
  let count = 0
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * width + 1; i < (y + 1) * width - 1; i++) {
      if (mask.data[i]! < 255) continue
      const value = laplacianAt(data, i, width)
      sum += value
      squares += value * value
      count += 1
    }
  }
  return count === 0 ? 0 : squares / count - (sum / count) ** 2
}

/** Mean CIELAB colour (D65) of an sRGB picture where `outer` is set and `inner` is not; null where that is nowhere. */
export function meanLab(picture: Picture, outer: GrayPicture, inner: GrayPicture): [number, number, number] | null {
  const rim: number[] = []
  for (let i = 0; i < outer.data.length; i++) {
    if (outer.data[i] !== 255 || inner.data[i] !== 0) continue
    for (let c = 0; c < 3; c++) rim.push(picture.data[i * 3 + c]! / 255)
  }
  if (rim.length === 0) return null
  const sums: [number, number, number] = [0, 0, 0]
  rgbToLab(Float32Array.from(rim)).forEach((value, i) => {
    sums[(i % 3) as 0 | 1 | 2] += value
  })
  const count = rim.length / 3
  return [sums[0] / count, sums[1] / count, sums[2] / count]
}

/** Mean absolute difference of two pictures inside a box, 0–255. */
export function boxDifference(a: Picture, b: Picture, box: { x: number; y: number; width: number; height: number }): number {
  const left = Math.max(0, Math.floor(box.x))
  const top = Math.max(0, Math.floor(box.y))
  const right = Math.min(a.width, Math.ceil(box.x + box.width))
  const bottom = Math.min(a.height, Math.ceil(box.y + box.height))
  let sum = 0
  for (let y = top; y < bottom; y++) {
    for (let i = (y * a.width + left) * 3; i < (y * a.width + right) * 3; i++) sum += Math.abs(a.data[i]! - b.data[i]!)
  }
  const count = Math.max(0, right - left) * Math.max(0, bottom - top) * 3
  return count === 0 ? 0 : sum / count
}
