/** A plane's detail, finest first, each the size of the plane: undecimated wavelet of B3-like splines (à trous; Starck and Murtagh 2006). */
export function bandsOf(plane: Float32Array, width: number, height: number, count: number): Float32Array[] {
  const bands: Float32Array[] = []
  let coarse = plane
  for (let step = 1; bands.length < count; step *= 2) {
    const next = smooth(coarse, width, height, step)
    const band = new Float32Array(plane.length)
    for (let i = 0; i < band.length; i++) band[i] = coarse[i]! - next[i]!
    bands.push(band)
    coarse = next
  }
  return bands
}

/** Weights ¼ ½ ¼ both ways, `step` pixels apart; edges are extended. Plain loops: half of what the witnesses take was spent here. */
function smooth(plane: Float32Array, width: number, height: number, step: number): Float32Array {
  const across = new Float32Array(plane.length)
  const [inner, outer] = [Math.min(step, width), Math.max(step, width - step)]
  for (let y = 0, row = 0; y < height; y++, row += width) {
    const last = row + width - 1
    for (let i = row; i < row + inner; i++) across[i] = 0.5 * plane[i]! + 0.25 * (plane[row]! + plane[Math.min(last, i + step)]!)
    for (let i = row + inner; i < row + outer; i++) across[i] = 0.5 * plane[i]! + 0.25 * (plane[i - step]! + plane[i + step]!)
    for (let i = row + outer; i <= last; i++) across[i] = 0.5 * plane[i]! + 0.25 * (plane[Math.max(row, i - step)]! + plane[last]!)
  }
  const out = new Float32Array(plane.length)
  for (let y = 0; y < height; y++) {
    const [row, above, below] = [y * width, Math.max(0, y - step) * width, Math.min(height - 1, y + step) * width]
    for (let x = 0; x < width; x++) out[row + x] = 0.5 * across[row + x]! + 0.25 * (across[above + x]! + across[below + x]!)
  }
  return out
}

/** The middle value, or the one at `part` of the way from the least to the greatest; NaN of none. */
export function quantile(values: ArrayLike<number>, part = 0.5): number {
  const sorted = Float64Array.from(values).sort()
  return sorted.length === 0 ? Number.NaN : sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!
}
