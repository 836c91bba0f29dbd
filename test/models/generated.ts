/** The picture [size, size, 3] in 0–1 that scripts/torch/keeping.py's `generated_pixels` makes. */
export function generatedPixels(size: number): Float32Array {
  const data = new Float32Array(size * size * 3)
  for (let y = 0, i = 0; y < size; y += 1)
    for (let x = 0; x < size; x += 1)
      for (let c = 0; c < 3; c += 1, i += 1) data[i] = ((x * 7 + y * 13 + c * 61 + Math.floor((x * y) / 97)) % 256) / 255
  return data
}
