/** Arithmetic mean; null of nothing. */
export function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Value below which the share `q` (0–1) of the values lies, interpolated; null of nothing. */
export function quantile(values: readonly number[], q: number): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const at = q * (sorted.length - 1)
  const low = sorted[Math.floor(at)]!
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at))
}

/** Pearson's r of paired values; null with fewer than 3 pairs or where either side does not vary. */
export function correlation(a: readonly number[], b: readonly number[]): number | null {
  if (a.length < 3 || a.length !== b.length) return null
  const meanA = mean(a)!
  const meanB = mean(b)!
  let ab = 0
  let aa = 0
  let bb = 0
  for (const [i, value] of a.entries()) {
    const da = value - meanA
    const db = b[i]! - meanB
    ab += da * db
    aa += da * da
    bb += db * db
  }
  return aa < 1e-12 || bb < 1e-12 ? null : ab / Math.sqrt(aa * bb)
}

/** Sum of `a` over sum of `b`; null where there is nothing to divide by. */
export function ratioOfSums(a: readonly number[], b: readonly number[]): number | null {
  const below = b.reduce((sum, value) => sum + value, 0)
  return below <= 0 ? null : a.reduce((sum, value) => sum + value, 0) / below
}

/** The values that are numbers. */
export function present(values: readonly (number | undefined | null)[]): number[] {
  return values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value))
}

export function ascending(values: readonly number[]): Float64Array {
  return Float64Array.from(values).sort()
}

/** How many of the ascending values lie below `limit`, or at it as well. */
export function countBelow(values: Float64Array, limit: number, orAt = false): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (values[middle]! < limit || (orAt && values[middle] === limit)) low = middle + 1
    else high = middle
  }
  return low
}

/** Area under the ROC curve: the share of pairs in which the positive outdoes the negative, ties counted half (Mann and Whitney 1947); null where there is none of a kind. */
export function areaUnderRoc(negatives: readonly number[], positives: readonly number[]): number | null {
  if (negatives.length === 0 || positives.length === 0) return null
  const sorted = ascending(negatives)
  let wins = 0
  for (const value of positives) wins += (countBelow(sorted, value) + countBelow(sorted, value, true)) / 2
  return wins / (negatives.length * positives.length)
}
