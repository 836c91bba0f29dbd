/**
 * Indices of `wanted` of the points [count, length] that lie far apart, in rising order: from the one nearest the mean,
 * each time the one furthest from all chosen so far (Gonzalez 1985). For faces by their landmarks: poses and expressions.
 */
export function spreadOut(points: Float32Array, count: number, wanted: number): number[] {
  const length = points.length / count
  const mean = new Float64Array(length)
  for (let i = 0; i < points.length; i += 1) mean[i % length]! += points[i]! / count
  const distance = (index: number, to: ArrayLike<number>, offset: number) => {
    let sum = 0
    for (let k = 0; k < length; k += 1) sum += (points[index * length + k]! - to[offset + k]!) ** 2
    return sum
  }
  const all = Array.from({ length: count }, (_, i) => i)
  const fromMean = all.map((i) => distance(i, mean, 0))
  const chosen: number[] = []
  let next = fromMean.indexOf(Math.min(...fromMean))
  const nearest = all.map(() => Number.POSITIVE_INFINITY)
  while (chosen.length < Math.min(wanted, count)) {
    chosen.push(next)
    for (const i of all) nearest[i] = chosen.includes(i) ? -1 : Math.min(nearest[i]!, distance(i, points, next * length))
    next = nearest.indexOf(Math.max(...nearest))
  }
  return chosen.sort((a, b) => a - b)
}
