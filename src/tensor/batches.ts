import type { Program } from './types.ts'

/** How a program takes many alike things: so many at once, by one input, whose first axis that is; what it makes of them is one output. */
export interface BatchLayout<T> {
  readonly input: string
  readonly shape: readonly [batch: number, ...rest: number[]]
  readonly output: string
  /** Writes a thing's numbers into `data`, from `at` on. */
  fill(thing: T, data: Float32Array, at: number): void
}

/** What a program makes of each of any number of things. */
export async function runInBatches<T>(
  program: Program,
  { input, shape, output, fill }: BatchLayout<T>,
  things: readonly T[],
): Promise<Float32Array[]> {
  const [batch, ...rest] = shape
  const length = rest.reduce((product, side) => product * side, 1)
  const data = new Float32Array(batch * length)
  const made: Float32Array[] = []
  for (let first = 0; first < things.length; first += batch) {
    const some = things.slice(first, first + batch)
    for (const [index, thing] of some.entries()) fill(thing, data, index * length)
    const out = (await program.run({ [input]: { data, shape } }))[output]!.data as Float32Array
    const each = out.length / batch
    for (const index of some.keys()) made.push(out.slice(index * each, (index + 1) * each))
  }
  return made
}
