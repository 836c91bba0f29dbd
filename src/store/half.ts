const single = new Float32Array(1)
const singleBits = new Uint32Array(single.buffer)

/** Rounds a number to IEEE 754 half precision (to nearest, ties to even); returns the 16 bits. */
function halfBits(value: number): number {
  single[0] = value
  const bits = singleBits[0]!
  const sign = (bits >>> 16) & 0x8000
  const exponent = (bits >>> 23) & 0xff
  const mantissa = bits & 0x7fffff
  if (exponent === 0xff) return sign | (mantissa === 0 ? 0x7c00 : 0x7e00)
  const shifted = exponent - 127 + 15
  if (shifted >= 31) return sign | 0x7c00
  // Below 2^-14 the result is subnormal: the hidden bit moves right with the rest.
  const whole = shifted <= 0 ? mantissa | 0x800000 : mantissa | (shifted << 23)
  const drop = shifted <= 0 ? 14 - shifted : 13
  if (drop > 24) return sign
  const kept = whole >>> drop
  const rest = whole & ((1 << drop) - 1)
  const half = 1 << (drop - 1)
  const up = rest > half || (rest === half && (kept & 1) === 1)
  return sign | (up ? kept + 1 : kept)
}

function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >>> 10) & 0x1f
  const mantissa = bits & 0x3ff
  if (exponent === 0) return sign * mantissa * 2 ** -24
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15)
}

/** Numbers as half-precision bits. */
export function toHalf(values: ArrayLike<number>): Uint16Array {
  const bits = new Uint16Array(values.length)
  for (let i = 0; i < bits.length; i++) bits[i] = halfBits(values[i]!)
  return bits
}

let table: Float32Array | undefined

/** Half-precision bits as numbers; by table, since networks have millions. */
export function fromHalf(bits: Uint16Array): Float32Array {
  table ??= Float32Array.from({ length: 65_536 }, (_, i) => halfValue(i))
  const values = new Float32Array(bits.length)
  for (let i = 0; i < values.length; i++) values[i] = table[bits[i]!]!
  return values
}
