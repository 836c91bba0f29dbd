/** Complex numbers on a grid, row-major, in place of each other's real and imaginary parts. */
export interface ComplexGrid {
  readonly width: number
  readonly height: number
  /** [height, width] */
  readonly re: Float32Array
  readonly im: Float32Array
}

/** A grid of zeros; `width` and `height` are powers of 2. */
export function complexGrid(width: number, height: number): ComplexGrid {
  return { width, height, re: new Float32Array(width * height), im: new Float32Array(width * height) }
}

/** What a transform of one length needs: the order of its inputs and its roots of unity. */
interface Plan {
  readonly order: Uint32Array
  readonly cos: Float64Array
  readonly sin: Float64Array
}

const plans = new Map<number, Plan>()

function planFor(length: number): Plan {
  const known = plans.get(length)
  if (known !== undefined) return known
  if (length < 2 || (length & (length - 1)) !== 0) throw new TypeError(`expected a power of 2 but found ${length}`)
  const order = new Uint32Array(length)
  for (let i = 1; i < length; i++) order[i] = (order[i >> 1]! >> 1) | (i & 1 ? length >> 1 : 0)
  const angles = Array.from({ length: length >> 1 }, (_, i) => (2 * Math.PI * i) / length)
  const plan = { order, cos: Float64Array.from(angles, Math.cos), sin: Float64Array.from(angles, Math.sin) }
  plans.set(length, plan)
  return plan
}

/** Lines that are taken into scratch together: neighbouring columns share the memory that is fetched for one of them. */
const TOGETHER = 16

/** One line of `length` numbers from `start` on, bit-reversed already, transformed in place (Cooley and Tukey 1965, radix 2). */
function transformLine(a: Float64Array, b: Float64Array, start: number, { order, cos, sin }: Plan, sign: number): void {
  const length = order.length
  const end = start + length
  for (let i = start; i < end; i += 2) {
    const [x, y] = [a[i + 1]!, b[i + 1]!]
    a[i + 1] = a[i]! - x
    b[i + 1] = b[i]! - y
    a[i]! += x
    b[i]! += y
  }
  for (let half = 2; half < length; half *= 2) {
    const stride = length / (2 * half)
    for (let block = start; block < end; block += 2 * half) {
      for (let k = 0, root = 0; k < half; k++, root += stride) {
        const c = cos[root]!
        const s = sign * sin[root]!
        const i = block + k
        const j = i + half
        const x = a[j]! * c - b[j]! * s
        const y = a[j]! * s + b[j]! * c
        a[j] = a[i]! - x
        b[j] = b[i]! - y
        a[i]! += x
        b[i]! += y
      }
    }
  }
}

/** Transforms `count` lines of a grid; numbers of a line lie `step` apart, lines begin `between` apart. */
function transformLines({ re, im }: ComplexGrid, count: number, between: number, step: number, plan: Plan, sign: number): void {
  const { order } = plan
  const length = order.length
  const a = new Float64Array(TOGETHER * length)
  const b = new Float64Array(TOGETHER * length)
  for (let first = 0; first < count; first += TOGETHER) {
    const lines = Math.min(TOGETHER, count - first)
    for (let i = 0; i < length; i++) {
      let at = first * between + order[i]! * step
      for (let n = 0, to = i; n < lines; n++, at += between, to += length) {
        a[to] = re[at]!
        b[to] = im[at]!
      }
    }
    for (let n = 0; n < lines; n++) transformLine(a, b, n * length, plan, sign)
    for (let i = 0; i < length; i++) {
      let at = first * between + i * step
      for (let n = 0, from = i; n < lines; n++, at += between, from += length) {
        re[at] = a[from]!
        im[at] = b[from]!
      }
    }
  }
}

/**
 * Fourier transform of a grid in two dimensions, in place: sums over x, y of value · e^(−2πi(kx/width + ly/height)) at (k, l); `inverse` takes +, and is not divided
 * by the number of places. `rows`: how many rows hold anything but zeros (all others are left as they are in the first pass).
 */
export function fourier(grid: ComplexGrid, inverse = false, rows = grid.height): void {
  const sign = inverse ? 1 : -1
  const { width, height } = grid
  transformLines(grid, rows, width, 1, planFor(width), sign)
  transformLines(grid, width, 1, width, planFor(height), sign)
}
