/** Where a logarithmic axis has its labels within each power of ten. */
const LOG_TICKS = [1, 2, 5]

/** Round steps (1, 2 or 5 times a power of ten; for time also quarters of a minute) that cut `span` into about `count` pieces. */
export function tickStep(span: number, count: number, time: boolean): number {
  const rough = span / count
  const nice = time && rough > 1 ? [2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200].find((step) => step >= rough) : undefined
  if (nice !== undefined) return nice
  const power = 10 ** Math.floor(Math.log10(rough))
  return ([1, 2, 5].find((step) => step * power >= rough * 0.999) ?? 10) * power
}

/** The multiples of `step` from `low` to `high`. */
export function ticks(low: number, high: number, step: number): number[] {
  const first = Math.ceil(low / step - 1e-9)
  return Array.from({ length: Math.max(0, Math.floor(high / step + 1e-9) - first + 1) }, (_, i) => (first + i) * step)
}

/** Seconds as m:ss, with tenths where steps are short. */
export function clock(seconds: number, step: number): string {
  const digits = step < 1 ? 1 : 0
  const rest = (seconds % 60).toFixed(digits)
  return `${Math.floor(seconds / 60)}:${rest.padStart(digits === 0 ? 2 : 4, '0')}`
}

/** A number with as many digits as its step needs. */
export function plain(value: number, step: number): string {
  const text = value.toFixed(Math.min(6, Math.max(0, -Math.floor(Math.log10(step) + 1e-9))))
  return Math.abs(value) >= 10_000 ? Number(text).toLocaleString('en-US') : text
}

/** Labels of the y axis: where they lie and what they say. */
export function labelsY([low, high]: readonly [number, number], logarithmic: boolean): (readonly [number, string])[] {
  if (!logarithmic) {
    const step = tickStep(high - low, 5, false)
    return ticks(low, high, step).map((at) => [at, plain(at, step)])
  }
  const powers = ticks(Math.floor(low), Math.ceil(high), 1)
  const few = high - low > 2.5 ? [1] : LOG_TICKS
  const all = powers.flatMap((power) => few.map((digit) => Math.log10(digit) + power))
  return all.filter((at) => at >= low && at <= high).map((at) => [at, String(Number((10 ** at).toPrecision(1)))])
}
