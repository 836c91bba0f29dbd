import type { HostTensor, HostTensors } from '../tensor/index.ts'

/** Steps cut into parts of equal size; only the last part of each has a learning rate and is applied. */
export function inParts(inputs: HostTensors, parts: number): HostTensors {
  const cut = Object.entries(inputs).map(([name, { data, shape }]): [string, HostTensor] => {
    const [steps, batch, ...rest] = shape as [number, number | undefined, ...number[]]
    if (name === 'descriptor') return [name, repeated(data.subarray(0, data.length / steps), steps * parts)]
    if (batch !== undefined) return [name, { data, shape: [steps * parts, batch / parts, ...rest] }]
    const spread = Float32Array.from({ length: steps * parts }, (_, i) => {
      const value = data[Math.floor(i / parts)]!
      return name.endsWith('Rate') && i % parts < parts - 1 ? 0 : value
    })
    return [name, { data: spread, shape: [steps * parts] }]
  })
  const steps = cut[0]![1].shape[0]!
  const scalar = (of: (part: number) => number): HostTensor => ({
    data: Float32Array.from({ length: steps }, (_, i) => of(i % parts)),
    shape: [steps],
  })
  return { ...Object.fromEntries(cut), share: scalar(() => 1 / parts), apply: scalar((part) => (part === parts - 1 ? 1 : 0)) }
}

/** One row [1, n] for each of `count` steps. */
export function repeated(row: ArrayLike<number>, count: number): HostTensor {
  return { data: Float32Array.from({ length: count * row.length }, (_, i) => row[i % row.length]!), shape: [count, 1, row.length] }
}

/** The mean of a step's parts. */
export function meanOf(data: ArrayLike<number>, step: number, parts: number): number {
  let sum = 0
  for (let part = 0; part < parts; part += 1) sum += data[step * parts + part]!
  return sum / parts
}
