import { get, type Kernels, put, room } from '../picture/kernels/index.ts'

/** Mean [3] and covariance [9], row-major, of colours. */
export interface Moments {
  readonly mean: Float32Array
  readonly covariance: Float32Array
}

/** Weighted moments of `count` interleaved triples, all of which lie in the kernels' memory; undefined where the weights add up to less than one pixel. */
export function momentsAt({ sums }: Kernels, data: number, weights: number, count: number): Moments | undefined {
  const at = room(80)
  sums(data, weights, count, at)
  type Ten = [number, number, number, number, number, number, number, number, number, number]
  const [total, x, y, z, xx, xy, xz, yy, yz, zz] = get(at, new Float64Array(10)) as unknown as Ten
  if (total < 1) return undefined
  const [mx, my, mz] = [x / total, y / total, z / total]
  const [cxy, cxz, cyz] = [xy / total - mx * my, xz / total - mx * mz, yz / total - my * mz]
  return {
    mean: Float32Array.of(mx, my, mz),
    covariance: Float32Array.of(xx / total - mx * mx, cxy, cxz, cxy, yy / total - my * my, cyz, cxz, cyz, zz / total - mz * mz),
  }
}

type Matrix = Float64Array

function times(a: ArrayLike<number>, b: ArrayLike<number>): Matrix {
  const out = new Float64Array(9)
  for (let i = 0; i < 3; i += 1)
    for (let j = 0; j < 3; j += 1) for (let k = 0; k < 3; k += 1) out[i * 3 + j]! += a[i * 3 + k]! * b[k * 3 + j]!
  return out
}

/** Q·diag(change(λ))·Qᵀ of a symmetric matrix Q·diag(λ)·Qᵀ, by Jacobi rotations. */
function ofEigenvalues(matrix: ArrayLike<number>, change: (value: number) => number): Matrix {
  const a = Float64Array.from(matrix)
  const q = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1)
  for (let sweep = 0; sweep < 8; sweep += 1) {
    for (const [i, j] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const angle = 0.5 * Math.atan2(2 * a[i * 3 + j]!, a[j * 4]! - a[i * 4]!)
      const [c, s] = [Math.cos(angle), Math.sin(angle)]
      for (const m of [a, q]) {
        for (let row = 0; row < 3; row += 1) {
          const [u, v] = [m[row * 3 + i]!, m[row * 3 + j]!]
          m[row * 3 + i] = c * u - s * v
          m[row * 3 + j] = s * u + c * v
        }
      }
      for (let column = 0; column < 3; column += 1) {
        const [u, v] = [a[i * 3 + column]!, a[j * 3 + column]!]
        a[i * 3 + column] = c * u - s * v
        a[j * 3 + column] = s * u + c * v
      }
    }
  }
  const out = new Float64Array(9)
  for (let k = 0; k < 3; k += 1) {
    const value = change(a[k * 4]!)
    for (let i = 0; i < 3; i += 1) for (let j = 0; j < 3; j += 1) out[i * 3 + j]! += value * q[i * 3 + k]! * q[j * 3 + k]!
  }
  return out
}

/** Lower triangle L with L·Lᵀ = the covariance, its diagonal kept off zero. */
function cholesky(covariance: ArrayLike<number>): Matrix {
  const lower = new Float64Array(9)
  for (let row = 0; row < 3; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = covariance[row * 3 + column]!
      for (let k = 0; k < column; k += 1) sum -= lower[row * 3 + k]! * lower[column * 3 + k]!
      lower[row * 3 + column] = row === column ? Math.sqrt(Math.max(sum, 1e-8)) : sum / lower[column * 3 + column]!
    }
  }
  return lower
}

function invertLower(l: Matrix): Matrix {
  const inverse = new Float64Array(9)
  for (let column = 0; column < 3; column += 1) {
    for (let row = column; row < 3; row += 1) {
      let sum = row === column ? 1 : 0
      for (let k = column; k < row; k += 1) sum -= l[row * 3 + k]! * inverse[k * 3 + column]!
      inverse[row * 3 + column] = sum / l[row * 4]!
    }
  }
  return inverse
}

/** How the spread of colours is carried over: each channel on its own, by triangular matrices, or by the one symmetric map that moves colours least. */
export type Stretch = 'rct' | 'lct' | 'mkl'

/** The matrix [9] that carries one covariance to the other, never stretching a direction more than `most` times; `mkl`: Pitié & Kokaram 2007, after Monge and Kantorovich. */
export function stretchMatrix(kind: Stretch, from: Moments, to: Moments, most: number): Matrix {
  const limit = (value: number) => Math.max(1 / most, Math.min(most, value))
  if (kind === 'rct') {
    const ratio = (k: number) => limit(Math.sqrt(Math.max(to.covariance[k * 4]!, 0) / Math.max(from.covariance[k * 4]!, 1e-8)))
    return Float64Array.of(ratio(0), 0, 0, 0, ratio(1), 0, 0, 0, ratio(2))
  }
  if (kind === 'lct') {
    const matrix = times(cholesky(to.covariance), invertLower(cholesky(from.covariance)))
    for (let k = 0; k < 3; k += 1) matrix[k * 4] = limit(matrix[k * 4]!)
    return matrix
  }
  const root = ofEigenvalues(from.covariance, (value) => Math.sqrt(Math.max(value, 1e-8)))
  const back = ofEigenvalues(from.covariance, (value) => 1 / Math.sqrt(Math.max(value, 1e-8)))
  const middle = ofEigenvalues(times(times(root, to.covariance), root), (value) => Math.sqrt(Math.max(value, 0)))
  return ofEigenvalues(times(times(back, middle), back), limit)
}

/** Turns `count` colours in the kernels' memory about their mean by `matrix` and sets them on the other mean, in place. */
export function turnAt({ turn }: Kernels, data: number, count: number, matrix: Float64Array, from: Float32Array, to: Float32Array): void {
  turn(data, count, put(matrix), put(from), put(to))
}
