/** Most that a border may shift the face, 0–1: more is another object (hair, a hand), not light. */
const MOST_SHIFT = 0.25
/** Sweeps for each pixel of the side: over-relaxation carries a border's colour across in less. */
const SWEEPS = 1.2

/** Which pixels are to be solved: where the face shows more than the footage, and where the footage shows something that is no part of it. */
function unknowns(inside: Float32Array, visible: Float32Array, sizePx: number): Int32Array {
  const open: number[] = []
  for (let i = 0; i < inside.length; i += 1) {
    const [x, y] = [i % sizePx, Math.floor(i / sizePx)]
    const isRim = x === 0 || y === 0 || x === sizePx - 1 || y === sizePx - 1
    if (!isRim && (inside[i]! > 0.5 || visible[i]! < 0.5)) open.push(i)
  }
  return Int32Array.from(open)
}

/**
 * Seamless cloning (Pérez et al. 2003): the face keeps the gradients of `rendered` and takes the footage's colours along the border of the mask. What is added
 * to it is the membrane that spans the border's differences: Laplace's equation, by red-black over-relaxation with a fixed number of sweeps.
 * Pictures [s, s, 3] in 0–1; `inside`: the mask; `visible`: 0 where something is in front, whose colours then do not count.
 */
export function clonePoisson(
  rendered: Float32Array,
  target: Float32Array,
  inside: Float32Array,
  visible: Float32Array,
  sizePx: number,
): Float32Array {
  const open = unknowns(inside, visible, sizePx)
  const relax = 2 / (1 + Math.sin((1.4 * Math.PI) / sizePx))
  const parity = (i: number) => ((i % sizePx) + Math.floor(i / sizePx)) % 2
  const colours = [open.filter((i) => parity(i) === 0), open.filter((i) => parity(i) === 1)]
  const out = rendered.slice()
  const shift = new Float32Array(inside.length)
  for (let channel = 0; channel < 3; channel += 1) {
    for (let i = 0, p = channel; i < shift.length; i += 1, p += 3) {
      shift[i] = Math.max(-MOST_SHIFT, Math.min(MOST_SHIFT, target[p]! - rendered[p]!))
    }
    for (const i of open) shift[i] = 0
    for (let i = 0; i < shift.length; i += 1) if (visible[i]! < 0.5) shift[i] = 0
    for (let sweep = 0; sweep < SWEEPS * sizePx; sweep += 1) {
      for (const half of colours) {
        for (let n = 0; n < half.length; n += 1) {
          const i = half[n]!
          const mean = 0.25 * (shift[i - 1]! + shift[i + 1]! + shift[i - sizePx]! + shift[i + sizePx]!)
          shift[i]! += relax * (mean - shift[i]!)
        }
      }
    }
    for (let i = 0, p = channel; i < shift.length; i += 1, p += 3) out[p]! += shift[i]!
  }
  return out
}
