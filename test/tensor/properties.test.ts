import { describe, expect, it } from 'vitest'
import { KERNELS } from '../../src/tensor/kernels/index.ts'
import type { Kernel, KernelCall } from '../../src/tensor/kernels/kernel.ts'
import { convolutions } from './properties/convolution.ts'
import { elementwise } from './properties/elementwise.ts'
import { gathers } from './properties/gathering.ts'
import { logic } from './properties/logic.ts'
import { products } from './properties/matmul.ts'
import { poolings } from './properties/pooling.ts'
import { reductions } from './properties/reductions.ts'
import { rearrangements } from './properties/shape.ts'

/** Another seed tries other cases: SEED=2 npx vitest run test/tensor/properties.test.ts */
const SEED = Number(process.env['SEED'] ?? 1)

/** How many different calls (shapes, types and attributes) of every kernel the properties must make: more than an example or two. */
const FEWEST = 8

/** The different calls of each kernel, written down while the properties trace. */
const calls = new Map(Object.keys(KERNELS).map((name) => [name, new Set<string>()]))

for (const [name, kernel] of Object.entries(KERNELS)) {
  const observed: Kernel = (call) => {
    calls.get(name)!.add(described(call))
    return kernel(call)
  }
  ;(KERNELS as Record<string, Kernel>)[name] = observed
}

function described({ inputs, attrs }: KernelCall): string {
  return JSON.stringify([Object.values(inputs).map(({ shape, dtype }) => [shape, dtype]), attrs])
}

describe.each([
  ['convolution', convolutions],
  ['element-wise', elementwise],
  ['logic and integers', logic],
  ['products', products],
  ['pooling and resizing', poolings],
  ['reductions', reductions],
  ['shapes', rearrangements],
  ['gathering and scattering', gathers],
])('compiled like eager: %s', (_, properties) => {
  it.each(properties.map((property) => [property.name, property] as const))('%s', (_, property) => property.check(SEED))
})

describe('the properties above', () => {
  it('call every kernel, in many ways', () => {
    const seldom = [...calls].filter(([, made]) => made.size < FEWEST).map(([name, made]) => `${name}: ${made.size}`)
    expect(seldom).toEqual([])
  })
})
