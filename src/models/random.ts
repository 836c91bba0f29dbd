/** Seeded random numbers whose whole state can be saved: xoshiro128** (Blackman and Vigna). */
export interface Random {
  /** Uniform in [0, 1), 24 bits. */
  uniform(): number
  /** Normal with mean 0 and deviation 1 (polar method, one of the pair thrown away so that the state is four words). */
  normal(): number
  /** Uniform integer in [0, n). */
  below(n: number): number
  state(): number[]
}

function rotate(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k))
}

/** Random numbers from a state saved earlier (four 32-bit words, not all zero). */
export function resumeRandom(state: readonly number[]): Random {
  let [a = 0, b = 0, c = 0, d = 1] = state.map((word) => word | 0)
  const next = () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0
    const t = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = rotate(d, 11)
    return result
  }
  const uniform = () => (next() >>> 8) / 2 ** 24
  return {
    uniform,
    normal() {
      for (;;) {
        const u = 2 * uniform() - 1
        const v = 2 * uniform() - 1
        const s = u * u + v * v
        if (s > 0 && s < 1) return u * Math.sqrt((-2 * Math.log(s)) / s)
      }
    },
    below: (n) => Math.floor(uniform() * n),
    state: () => [a >>> 0, b >>> 0, c >>> 0, d >>> 0],
  }
}

/** Random numbers from a seed; `streams` tell apart independent uses of one seed, such as what they are for, a step and a face of it. */
export function seedRandom(seed: number, ...streams: readonly number[]): Random {
  // SplitMix32 spreads seed and streams over the four words.
  const [stream = 0, ...rest] = streams
  let z = (Math.imul(seed | 0, 0x9e3779b9) ^ Math.imul(stream + 1, 0x85ebca6b)) | 0
  for (const more of rest) z = mixed(z) ^ Math.imul(more + 1, 0x85ebca6b)
  const words = Array.from({ length: 4 }, () => {
    z = (z + 0x9e3779b9) | 0
    return mixed(z) >>> 0
  })
  return resumeRandom(words)
}

function mixed(z: number): number {
  let t = z ^ (z >>> 16)
  t = Math.imul(t, 0x21f0aaad)
  t ^= t >>> 15
  t = Math.imul(t, 0x735a2d97)
  return t ^ (t >>> 15)
}
