const STEPS = 20

function cofactors(m: ArrayLike<number>): number[] {
  const at = (row: number, column: number) => m[(row % 3) * 3 + (column % 3)]!
  return Array.from({ length: 9 }, (_, i) => {
    const row = Math.floor(i / 3)
    const column = i % 3
    return at(row + 1, column + 1) * at(row + 2, column + 2) - at(row + 1, column + 2) * at(row + 2, column + 1)
  })
}

/**
 * The rotation nearest to a 3×3 matrix (row-major) by Newton's iteration M ← (M + M⁻ᵀ) / 2 (Higham 1986).
 * For matrices of positive determinant, which two views of one face always give.
 */
export function nearestRotation(matrix: ArrayLike<number>): number[] {
  const size = Math.hypot(...Array.from(matrix)) || 1
  let m = Array.from(matrix, (value) => value / size)
  for (let step = 0; step < STEPS; step++) {
    const other = cofactors(m)
    const determinant = m[0]! * other[0]! + m[1]! * other[1]! + m[2]! * other[2]!
    m = m.map((value, i) => (value + other[i]! / determinant) / 2)
  }
  return m
}
