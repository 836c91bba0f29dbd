import { CANONICAL } from './canonical.ts'
import type { Pose } from './face.ts'

/** A 3×3 matrix, row-major. */
type Matrix3 = readonly [number, number, number, number, number, number, number, number, number]

const POLAR_STEPS = 12
const DEGREES = 180 / Math.PI

/**
 * Head rotation from the mesh: the rotation that best turns the canonical face's steady points into the mesh's (Kabsch 1976,
 * by polar decomposition), taken apart as yaw about the head's own axis, then pitch, then roll about the viewing axis. Zero when brow and chin are equally near.
 */
export function headPose(mesh: ArrayLike<number>): Pose {
  const [, r01, , , r11, , r20, r21, r22] = orthogonalPart(correlation(mesh))
  return {
    yaw: Math.atan2(r20, r22) * DEGREES,
    pitch: Math.asin(Math.max(-1, Math.min(1, -r21))) * DEGREES,
    roll: Math.atan2(-r01, r11) * DEGREES,
  }
}

/** Differences of the head's pose, degrees; `total` is their L2 norm. */
export function poseDifference(a: Pose, b: Pose): Pose & { readonly total: number } {
  const turn = (x: number, y: number) => Math.abs(((x - y + 540) % 360) - 180)
  const difference = { yaw: turn(a.yaw, b.yaw), pitch: turn(a.pitch, b.pitch), roll: turn(a.roll, b.roll) }
  return { ...difference, total: Math.hypot(difference.yaw, difference.pitch, difference.roll) }
}

/** Σ w · (mesh − its mean) ⊗ (canonical − its mean). */
function correlation(mesh: ArrayLike<number>): Matrix3 {
  const mean = [0, 0, 0, 0, 0, 0]
  let total = 0
  for (const [index, x, y, z, weight] of CANONICAL) {
    total += weight
    for (let k = 0; k < 3; k++) mean[k]! += weight * mesh[index * 3 + k]!
    mean[3]! += weight * x
    mean[4]! += weight * y
    mean[5]! += weight * z
  }
  const sums = [0, 0, 0, 0, 0, 0, 0, 0, 0]
  for (const [index, x, y, z, weight] of CANONICAL) {
    const canonical = [x - mean[3]! / total, y - mean[4]! / total, z - mean[5]! / total]
    for (let row = 0; row < 3; row++) {
      const value = (mesh[index * 3 + row]! - mean[row]! / total) * weight
      for (let column = 0; column < 3; column++) sums[row * 3 + column]! += value * canonical[column]!
    }
  }
  return sums as unknown as Matrix3
}

/** The rotation nearest to a matrix, by Newton's iteration M ← (M + M⁻ᵀ) / 2 (Higham 1986). */
function orthogonalPart(matrix: Matrix3): Matrix3 {
  const size = Math.cbrt(Math.abs(determinant(matrix))) || 1
  let m = matrix.map((value) => value / size) as unknown as Matrix3
  for (let step = 0; step < POLAR_STEPS; step++) {
    const other = inverseTransposed(m)
    m = m.map((value, i) => (value + other[i]!) / 2) as unknown as Matrix3
  }
  return m
}

function cofactors([a, b, c, d, e, f, g, h, i]: Matrix3): Matrix3 {
  return [
    e * i - f * h,
    f * g - d * i,
    d * h - e * g,
    c * h - b * i,
    a * i - c * g,
    b * g - a * h,
    b * f - c * e,
    c * d - a * f,
    a * e - b * d,
  ]
}

function determinant(m: Matrix3): number {
  const [c0, c1, c2] = cofactors(m)
  return m[0] * c0 + m[1] * c1 + m[2] * c2
}

function inverseTransposed(m: Matrix3): Matrix3 {
  const det = determinant(m)
  return cofactors(m).map((value) => value / det) as unknown as Matrix3
}
