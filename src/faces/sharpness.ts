import type { Picture } from '../picture/picture.ts'
import { toGray } from '../picture/resize.ts'
import { warpAffine } from '../picture/warp.ts'
import { alignMatrix } from './align.ts'
import type { Landmarks } from './face.ts'

/** Side of the aligned face in which sharpness is measured, so that large and small faces compare. */
const SIZE_PX = 128

/**
 * How sharp a face is, whatever its size and contrast: the deviation of the Laplacian over the deviation of the luma, in
 * percent, within the ellipse of eyes, nose and mouth. About 4 and less is blurred; a camera in focus gives 8–30.
 */
export function faceSharpness(picture: Picture, landmarks: Landmarks): number {
  const { data } = toGray(warpAffine(picture, alignMatrix(landmarks, SIZE_PX), SIZE_PX, SIZE_PX, 'replicate'))
  let count = 0
  let luma = 0
  let lumaSquared = 0
  let edges = 0
  for (let y = 1; y < SIZE_PX - 1; y++) {
    for (let x = 1; x < SIZE_PX - 1; x++) {
      if (((x / SIZE_PX - 0.5) / 0.25) ** 2 + ((y / SIZE_PX - 0.5) / 0.3) ** 2 > 1) continue
      const i = y * SIZE_PX + x
      const value = data[i]!
      const laplacian = 4 * value - data[i - 1]! - data[i + 1]! - data[i - SIZE_PX]! - data[i + SIZE_PX]!
      count += 1
      luma += value
      lumaSquared += value * value
      edges += laplacian * laplacian
    }
  }
  const variance = Math.max(1, lumaSquared / count - (luma / count) ** 2)
  return 100 * Math.sqrt(edges / count / variance)
}
