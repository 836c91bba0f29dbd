import type { HostTensors, Signature } from '../src/tensor/index.ts'

/** Numbers in [0, 1) from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Milliseconds that some work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** The most memory that this process had resident at once so far, bytes. */
export function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}

/** Inputs for a program: scalars as given by name, everything else random in [0, 1). With `steps`, stacked for `runMany`. */
export function randomInputs(signature: Signature, scalars: Readonly<Record<string, number>>, steps?: number): HostTensors {
  const random = randomFrom(2)
  const lead = steps === undefined ? [] : [steps]
  return Object.fromEntries(
    Object.entries(signature.inputs).map(([name, spec]) => {
      const shape = [...lead, ...spec.shape]
      const scalar = scalars[name]
      return [name, { data: Float32Array.from({ length: sizeOf(shape) }, () => scalar ?? random()), shape }]
    }),
  )
}
