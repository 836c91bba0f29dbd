/** Descriptors of one person lie nearer to each other than this; measured in docs/landmarks.md. */
export const SAME_PERSON_DISTANCE = 0.52

/** Euclidean distance of two descriptors. */
export function descriptorDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2
  return Math.sqrt(sum)
}

/** Cosine of two descriptors of length 1. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (const [i, value] of a.entries()) sum += value * b[i]!
  return sum
}

/** `vector` at length 1. */
export function unit(vector: ArrayLike<number>): Float32Array {
  const out = Float32Array.from(vector)
  const length = Math.hypot(...out) || 1
  return out.map((value) => value / length)
}
