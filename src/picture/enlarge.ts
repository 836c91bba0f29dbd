/** Weights of a Catmull-Rom cubic for a point `t` of the way from the second to the third of four samples. */
function cubic(t: number): [number, number, number, number] {
  const t2 = t * t
  const t3 = t2 * t
  return [-t3 / 2 + t2 - t / 2, (3 * t3 - 5 * t2) / 2 + 1, (-3 * t3 + 4 * t2 + t) / 2, (t3 - t2) / 2]
}

function enlargeLines(
  from: Float32Array,
  to: Float32Array,
  plan: {
    length: number
    lines: number
    step: number
    lineStep: number
    toStep: number
    toLineStep: number
    channels: number
    factor: number
  },
): void {
  const { length, lines, step, lineStep, toStep, toLineStep, channels, factor } = plan
  const phases = Array.from({ length: factor }, (_, p) => {
    const at = (p + 0.5) / factor - 0.5
    return { first: Math.floor(at) - 1, weights: cubic(at - Math.floor(at)) }
  })
  const clamp = (i: number) => Math.max(0, Math.min(length - 1, i)) * step
  for (let i = 0; i < length; i += 1) {
    for (const [p, { first, weights }] of phases.entries()) {
      const [a, b, c, d] = [clamp(i + first), clamp(i + first + 1), clamp(i + first + 2), clamp(i + first + 3)]
      const [wa, wb, wc, wd] = weights
      for (let line = 0, at = 0, out = (i * factor + p) * toStep; line < lines; line += 1, at += lineStep, out += toLineStep) {
        to[out] = wa * from[at + a]! + wb * from[at + b]! + wc * from[at + c]! + wd * from[at + d]!
        for (let k = 1; k < channels; k += 1) {
          to[out + k] = wa * from[at + a + k]! + wb * from[at + b + k]! + wc * from[at + c + k]! + wd * from[at + d + k]!
        }
      }
    }
  }
}

/** Enlarges a square of interleaved samples by a whole factor with a Catmull-Rom cubic: smooth, no blocks, edges as sharp as it goes. */
export function enlargeSquare(data: Float32Array, sizePx: number, channels: number, factor: number): Float32Array {
  if (factor === 1) return data
  const wide = sizePx * factor
  const middle = new Float32Array(wide * sizePx * channels)
  const row = sizePx * channels
  const wideRow = wide * channels
  enlargeLines(data, middle, {
    length: sizePx,
    lines: sizePx,
    step: channels,
    lineStep: row,
    toStep: channels,
    toLineStep: wideRow,
    channels,
    factor,
  })
  const out = new Float32Array(wide * wide * channels)
  // Down the columns the channels are columns of their own.
  enlargeLines(middle, out, {
    length: sizePx,
    lines: wideRow,
    step: wideRow,
    lineStep: 1,
    toStep: wideRow,
    toLineStep: 1,
    channels: 1,
    factor,
  })
  return out
}
