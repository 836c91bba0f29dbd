/** A picture in memory: packed 8-bit RGB, row-major, no padding; `data.length === width * height * 3`; sRGB-like as decoded. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** A single-channel picture, 0–255, `data.length === width * height`. */
export interface GrayPicture {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** Allocates a black picture. */
export function createPicture(width: number, height: number): Picture {
  return { width, height, data: new Uint8Array(width * height * 3) }
}

/** An axis-aligned box in pixels of the picture that it belongs to. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A 2×3 affine map, row-major: x' = a·x + b·y + tx, y' = c·x + d·y + ty. */
export interface Affine {
  readonly a: number
  readonly b: number
  readonly tx: number
  readonly c: number
  readonly d: number
  readonly ty: number
}
