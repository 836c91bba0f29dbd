/** Descriptors of one person lie nearer to each other than this; measured in docs/landmarks.md. */
export const SAME_PERSON_DISTANCE = 0.52

/** Euclidean distance of two descriptors. */
export function descriptorDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2
  return Math.sqrt(sum)
}
