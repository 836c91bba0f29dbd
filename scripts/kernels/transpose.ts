/** Turns four vectors at `from`, `from + step` … (bytes) into the four of their first, second … lanes, at `to`, `to + 16` …. */
// @ts-ignore: decorator
@inline
export function transpose(from: usize, step: usize, to: usize): void {
  const a = v128.load(from)
  const b = v128.load(from + step)
  const c = v128.load(from + 2 * step)
  const d = v128.load(from + 3 * step)
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5)
  const ab2 = v128.shuffle<f32>(a, b, 2, 6, 3, 7)
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5)
  const cd2 = v128.shuffle<f32>(c, d, 2, 6, 3, 7)
  v128.store(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5))
  v128.store(to, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7), 16)
  v128.store(to, v128.shuffle<f32>(ab2, cd2, 0, 1, 4, 5), 32)
  v128.store(to, v128.shuffle<f32>(ab2, cd2, 2, 3, 6, 7), 48)
}
