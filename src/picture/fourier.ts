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

/** One line of `length` numbers from `start` on, bit-reversed already, transformed in place (Cooley and Tukey 1965, radix 2; its first two passes, whose roots are 1 and ∓i, as one). */
function transformLine(a: Float64Array, b: Float64Array, start: number, { order, cos, sin }: Plan, sign: number): void {
  const length = order.length
  const end = start + length
  if (length === 2) {
    transformPair(a, b, start)
    return
  }
  for (let i = start; i < end; i += 4) {
    // One by one: taken apart from lists, as elsewhere, these numbers were a third of all garbage.
    const x0 = a[i]! + a[i + 1]!
    const y0 = b[i]! + b[i + 1]!
    const x1 = a[i]! - a[i + 1]!
    const y1 = b[i]! - b[i + 1]!
    const x2 = a[i + 2]! + a[i + 3]!
    const y2 = b[i + 2]! + b[i + 3]!
    const x3 = sign * (a[i + 2]! - a[i + 3]!)
    const y3 = sign * (b[i + 2]! - b[i + 3]!)
    a[i] = x0 + x2
    b[i] = y0 + y2
    a[i + 1] = x1 - y3
    b[i + 1] = y1 + x3
    a[i + 2] = x0 - x2
    b[i + 2] = y0 - y2
    a[i + 3] = x1 + y3
    b[i + 3] = y1 - x3
  }
  for (let half = 4; half < length; half *= 2) {
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

function transformPair(a: Float64Array, b: Float64Array, i: number): void {
  const [x, y] = [a[i + 1]!, b[i + 1]!]
  a[i + 1] = a[i]! - x
  b[i + 1] = b[i]! - y
  a[i]! += x
  b[i]! += y
}

/** Whether there is nothing but zeros from `from` to `to`. */
function isEmpty({ re, im }: ComplexGrid, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (re[i] !== 0 || im[i] !== 0) return false
  return true
}

/** Transforms `count` lines of a grid; numbers of a line lie `step` apart, lines begin `between` apart. Rows of zeros stay as they are. */
function transformLines(grid: ComplexGrid, count: number, between: number, step: number, plan: Plan, sign: number): void {
  const { re, im } = grid
  const { order } = plan
  const length = order.length
  const a = new Float64Array(TOGETHER * length)
  const b = new Float64Array(TOGETHER * length)
  for (let first = 0; first < count; first += TOGETHER) {
    const lines = Math.min(TOGETHER, count - first)
    if (step === 1 && isEmpty(grid, first * between, (first + lines) * between)) continue
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
 * by the number of places.
 */
export function fourier(grid: ComplexGrid, inverse = false): void {
  const sign = inverse ? 1 : -1
  const { width, height } = grid
  transformLines(grid, height, width, 1, planFor(width), sign)
  transformLines(grid, width, 1, width, planFor(height), sign)
}

/** From the transform of two rows as one, at `start`, those of each, up to the middle column. */
function partPair({ width, re, im }: ComplexGrid, start: number): void {
  for (let k = 0; k <= width / 2; k++) {
    const i = start + k
    const j = start + ((width - k) & (width - 1))
    const x = re[i]!
    const y = im[i]!
    const u = re[j]!
    const v = im[j]!
    re[i] = (x + u) / 2
    im[i] = (y - v) / 2
    re[i + width] = (y + v) / 2
    im[i + width] = (u - x) / 2
  }
}

/**
 * As `fourier`, of a grid of real numbers (`im` holds zeros), in half the time: two rows go through as one's real and imaginary part and are told apart by their
 * symmetry, and of the columns k and −k, which are each other's conjugates, one is transformed.
 */
export function fourierOfReal(grid: ComplexGrid): void {
  const { width, height, re, im } = grid
  const middle = width / 2
  for (let row = 0; row < height; row += 2) im.set(re.subarray((row + 1) * width, (row + 2) * width), row * width)
  transformLines(grid, height / 2, 2 * width, 1, planFor(width), -1)
  for (let row = 0; row < height; row += 2) partPair(grid, row * width)
  transformLines(grid, middle + 1, 1, width, planFor(height), -1)
  for (let row = 0; row < height; row++) {
    const opposite = ((height - row) & (height - 1)) * width
    for (let k = middle + 1; k < width; k++) {
      re[row * width + k] = re[opposite + width - k]!
      im[row * width + k] = -im[opposite + width - k]!
    }
  }
}
