import type { Picture } from '../../src/picture/picture.ts'

/** A picture with its own mirror image around it, `pad` px wide. */
export function padded({ width, height, data }: Picture, pad: number): Picture {
  const mirror = (i: number, size: number) => (i < 0 ? -i - 1 : i >= size ? 2 * size - 1 - i : i)
  const [w, h] = [width + 2 * pad, height + 2 * pad]
  const out = new Uint8Array(w * h * 3)
  for (let y = 0; y < h; y += 1) {
    for (let x = 0; x < w; x += 1) {
      const at = (mirror(y - pad, height) * width + mirror(x - pad, width)) * 3
      out.set(data.subarray(at, at + 3), (y * w + x) * 3)
    }
  }
  return { width: w, height: h, data: out }
}
