/** A plane's detail, finest first, each the size of the plane: undecimated wavelet of B3-like splines (à trous; Starck and Murtagh 2006). */
export function bandsOf(plane: Float32Array, width: number, height: number, count: number): Float32Array[] {
  const bands: Float32Array[] = []
  let coarse = plane
  for (let step = 1; bands.length < count; step *= 2) {
    const next = smooth(coarse, width, height, step)
    const from = coarse
    bands.push(next.map((value, i) => from[i]! - value))
    coarse = next
  }
  return bands
}

/** Weights ¼ ½ ¼ both ways, `step` pixels apart; edges are extended. */
function smooth(plane: Float32Array, width: number, height: number, step: number): Float32Array {
  const across = new Float32Array(plane.length)
  for (let y = 0, row = 0; y < height; y++, row += width) {
    for (let x = 0; x < width; x++) {
      const left = plane[row + Math.max(0, x - step)]!
      const right = plane[row + Math.min(width - 1, x + step)]!
      across[row + x] = 0.5 * plane[row + x]! + 0.25 * (left + right)
    }
  }
  const out = new Float32Array(plane.length)
  for (let y = 0, row = 0; y < height; y++, row += width) {
    const above = Math.max(0, y - step) * width
    const below = Math.min(height - 1, y + step) * width
    for (let x = 0; x < width; x++) out[row + x] = 0.5 * across[row + x]! + 0.25 * (across[above + x]! + across[below + x]!)
  }
  return out
}

/** The middle value, or the one at `part` of the way from the least to the greatest; NaN of none. */
export function quantile(values: ArrayLike<number>, part = 0.5): number {
  const sorted = Float64Array.from(values).sort()
  return sorted.length === 0 ? Number.NaN : sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!
}
