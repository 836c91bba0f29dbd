/** Bits that the code takes: 64 of the id and 32 of its checksum. */
export const PAYLOAD_BITS = 96

/** Generators of the convolutional code of rate 1/4 and constraint length 9 with the greatest free distance, 24 (Larsen 1973). */
const GENERATORS = [0o463, 0o535, 0o733, 0o745] as const
const MEMORY = 8
const STATES = 1 << MEMORY
const RATE = GENERATORS.length

/** Bits after coding; the encoder is emptied by 8 zeros. */
export const CODED_BITS = (PAYLOAD_BITS + MEMORY) * RATE

function parity(value: number): number {
  let bits = value
  for (let shift = 8; shift > 0; shift >>= 1) bits ^= bits >> shift
  return bits & 1
}

/** Signs that leave the encoder for each of its 9-bit contents, newest bit highest; [2 · STATES, RATE]. */
const SIGNS = Int8Array.from({ length: 2 * STATES * RATE }, (_, i) => (parity(Math.floor(i / RATE) & GENERATORS[i % RATE]!) ? 1 : -1))

/** The code word of a payload (0 or 1 each; [PAYLOAD_BITS]) as signs, [CODED_BITS]. */
export function encodeBits(payload: ArrayLike<number>): Int8Array {
  const signs = new Int8Array(CODED_BITS)
  let state = 0
  for (let i = 0; i < PAYLOAD_BITS + MEMORY; i++) {
    const content = ((i < PAYLOAD_BITS ? payload[i]! : 0) << MEMORY) | state
    for (let k = 0; k < RATE; k++) signs[i * RATE + k] = SIGNS[content * RATE + k]!
    state = content >> 1
  }
  return signs
}

/** The payload whose code word agrees best with soft votes (positive: 1; [CODED_BITS]), by Viterbi's algorithm (1967). */
export function decodeBits(votes: ArrayLike<number>): Uint8Array {
  const steps = PAYLOAD_BITS + MEMORY
  let score = new Float64Array(STATES).fill(Number.NEGATIVE_INFINITY)
  score[0] = 0
  // Of the two states that lead to one, which differ in their oldest bit, the better one's.
  const oldest = new Uint8Array(steps * STATES)
  for (let i = 0; i < steps; i++) {
    const next = new Float64Array(STATES)
    for (let to = 0; to < STATES; to++) {
      const first = gained(score, to << 1, votes, i)
      const second = gained(score, (to << 1) | 1, votes, i)
      const late = i >= PAYLOAD_BITS && to >= STATES / 2
      next[to] = late ? Number.NEGATIVE_INFINITY : Math.max(first, second)
      oldest[i * STATES + to] = second > first ? 1 : 0
    }
    score = next
  }
  const payload = new Uint8Array(PAYLOAD_BITS)
  for (let i = steps - 1, state = 0; i >= 0; i--) {
    if (i < PAYLOAD_BITS) payload[i] = state >> (MEMORY - 1)
    state = ((state << 1) | oldest[i * STATES + state]!) & (STATES - 1)
  }
  return payload
}

/** Score of the state in the lower 8 bits of `content` after a step in which the encoder held `content`. */
function gained(score: Float64Array, content: number, votes: ArrayLike<number>, step: number): number {
  let sum = score[content & (STATES - 1)]!
  for (let k = 0; k < RATE; k++) sum += SIGNS[content * RATE + k]! * votes[step * RATE + k]!
  return sum
}
