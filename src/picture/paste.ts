import type { Picture } from './picture.ts'

/** Copies a picture whole onto another, its upper left corner at (`x`, `y`); it must lie within. */
export function pastePicture(onto: Picture, { width, height, data }: Picture, x: number, y: number): void {
  for (let row = 0; row < height; row += 1) {
    onto.data.set(data.subarray(row * width * 3, (row + 1) * width * 3), ((y + row) * onto.width + x) * 3)
  }
}
