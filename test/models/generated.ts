/** The picture [size, size, 3] that scripts/torch/keeping.py's `generated_pixels` makes. */
export function generatedBytes(size: number): Uint8Array {
  const data = new Uint8Array(size * size * 3)
  for (let y = 0, i = 0; y < size; y += 1)
    for (let x = 0; x < size; x += 1)
      for (let c = 0; c < 3; c += 1, i += 1) data[i] = (x * 7 + y * 13 + c * 61 + Math.floor((x * y) / 97)) % 256
  return data
}

/** The same in 0–1. */
export function generatedPixels(size: number): Float32Array {
  return Float32Array.from(generatedBytes(size), (value) => value / 255)
}
