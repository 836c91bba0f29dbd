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

/** One line of a grid: `length` numbers from `start` on, `step` apart, transformed in place (Cooley and Tukey 1965, radix 2). */
function transformLine(re: Float32Array, im: Float32Array, start: number, step: number, { order, cos, sin }: Plan, sign: number): void {
  const length = order.length
  const a = new Float64Array(length)
  const b = new Float64Array(length)
  for (let i = 0; i < length; i++) {
    const at = start + order[i]! * step
    a[i] = re[at]!
    b[i] = im[at]!
  }
  for (let half = 1; half < length; half *= 2) {
    const stride = length / (2 * half)
    for (let block = 0; block < length; block += 2 * half) {
      for (let k = 0; k < half; k++) {
        const c = cos[k * stride]!
        const s = sign * sin[k * stride]!
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
  for (let i = 0; i < length; i++) {
    re[start + i * step] = a[i]!
    im[start + i * step] = b[i]!
  }
}

/**
 * Fourier transform of a grid in two dimensions, in place: sums over x, y of value · e^(−2πi(kx/width + ly/height)) at (k, l); `inverse` takes +, and is not divided
 * by the number of places. `rows`: how many rows hold anything but zeros (all others are left as they are in the first pass).
 */
export function fourier({ width, height, re, im }: ComplexGrid, inverse = false, rows = height): void {
  const sign = inverse ? 1 : -1
  const [across, down] = [planFor(width), planFor(height)]
  for (let y = 0; y < rows; y++) transformLine(re, im, y * width, 1, across, sign)
  for (let x = 0; x < width; x++) transformLine(re, im, x, width, down, sign)
}
