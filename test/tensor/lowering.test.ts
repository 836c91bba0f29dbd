import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cpuLowering } from '../../src/tensor/blocks.ts'
import { PORTABLE } from '../../src/tensor/lowering.ts'
import { blueprintOf } from '../../src/tensor/native/blueprint.ts'
import { loadNative } from '../../src/tensor/native/library.ts'
import { NativeProgram } from '../../src/tensor/native/nativeProgram.ts'
import { loadOnnxRuntime } from '../../src/tensor/onnxRuntime.ts'
import { tf } from '../../src/tensor/tf.ts'
import { type Trace, trace } from '../../src/tensor/trace.ts'
import type { HostTensors, ProgramFn, Signature } from '../../src/tensor/types.ts'
import { largestDifference, numbers } from './numbers.ts'

const lowering = await cpuLowering(loadOnnxRuntime())

interface Geometry {
  readonly x: readonly [number, number, number, number]
  readonly filter: readonly [number, number, number, number]
  readonly stride: number
  readonly pad: 'same' | 'valid'
}

/** A convolution with bias and slope, and the gradients of all that goes in. */
function program({ x, filter, stride, pad }: Geometry): { fn: ProgramFn; signature: Signature; inputs: HostTensors } {
  const k = filter[3]
  const make = (a: tf.Tensor, f: tf.Tensor, b: tf.Tensor) =>
    tf.leakyRelu(tf.add(tf.conv2d(a as tf.Tensor4D, f as tf.Tensor4D, stride, pad), b), 0.1)
  const fn: ProgramFn = (given) => {
    const args = [given['a']!, given['f']!, given['b']!]
    const loss = (...t: tf.Tensor[]): tf.Scalar => {
      const y = make(t[0]!, t[1]!, t[2]!)
      return tf.sum(tf.mul(y, tf.sin(tf.mul(y, 0.2))))
    }
    const [da, df, db] = tf.grads(loss)(args) as [tf.Tensor, tf.Tensor, tf.Tensor]
    return { outputs: { y: make(args[0]!, args[1]!, args[2]!), da, df, db } }
  }
  const shapes = { a: x, f: filter, b: [k] } as const
  const size = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1)
  return {
    fn,
    signature: { inputs: Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape }])) },
    inputs: Object.fromEntries(
      Object.entries(shapes).map(([name, shape], i) => [name, { data: numbers(size(shape), i + 1), shape: [...shape] }]),
    ),
  }
}

async function run(traced: Trace, signature: Signature, inputs: HostTensors): Promise<HostTensors> {
  const compiled = new NativeProgram(blueprintOf(traced), signature, loadNative(), { threads: 2 })
  const made = await compiled.run(inputs)
  await compiled.dispose()
  return made
}

/** Both lowerings of one program, which kinds of nodes the CPU's has, and the largest difference as a part of the root mean square. */
async function compare(geometry: Geometry): Promise<{ ops: ReadonlySet<string>; off: Record<string, number> }> {
  const { fn, signature, inputs } = program(geometry)
  const [own, plain] = [trace(fn, signature, lowering), trace(fn, signature, PORTABLE)]
  const [made, expected] = [await run(own, signature, inputs), await run(plain, signature, inputs)]
  const off = Object.entries(expected).map(([name, { data }]) => {
    const scale = Math.sqrt(Array.from(data).reduce((sum, value) => sum + value * value, 0) / data.length)
    return [name, largestDifference(made[name]!.data, data) / scale]
  })
  return {
    ops: new Set(own.graph.nodes.map(({ op, domain }) => (domain === undefined ? op : `${domain}.${op}`))),
    off: Object.fromEntries(off),
  }
}

async function expectAlike(geometry: Geometry): Promise<ReadonlySet<string>> {
  const { ops, off } = await compare(geometry)
  for (const [name, value] of Object.entries(off)) expect(value, `${name} of ${JSON.stringify(geometry)}`).toBeLessThan(1e-4)
  return ops
}

describe("convolutions as they are lowered for this CPU are those that the portable lowering's properties prove", () => {
  const block = lowering.blockChannels ?? 16
  const channels = fc.constantFrom(block, 2 * block)
  const side = fc.integer({ min: 40, max: 56 })
  const taps = fc.integer({ min: 2, max: 5 })
  const geometry = fc.record({ n: fc.integer({ min: 1, max: 3 }), h: side, w: side, c: channels, k: channels, fh: taps, fw: taps })

  it('in blocks, with one stride or another', async () => {
    let blocked = 0
    await fc.assert(
      fc.asyncProperty(geometry, fc.integer({ min: 1, max: 3 }), fc.constantFrom('same', 'valid'), async (g, stride, pad) => {
        const ops = await expectAlike({ x: [g.n, g.h, g.w, g.c], filter: [g.fh, g.fw, g.c, g.k], stride, pad } as Geometry)
        if (ops.has('com.microsoft.nchwc.Conv')) blocked += 1
      }),
      { numRuns: 24, seed: 1 },
    )
    if (lowering.blockChannels !== undefined) expect(blocked).toBeGreaterThan(6)
  })

  it('from pictures and to few channels', async () => {
    await fc.assert(
      fc.asyncProperty(geometry, fc.constantFrom(1, 3, 4), fc.boolean(), async (g, few, into) => {
        const [c, k] = into ? [g.c, few] : [few, g.k]
        await expectAlike({ x: [1, 40, 40, c], filter: [g.fh, g.fw, c, k], stride: into ? 1 : 2, pad: 'same' })
      }),
      { numRuns: 12, seed: 2 },
    )
  })

  it.each([2, 4])("by Winograd's tiles of %i pixels", async (m) => {
    const blocks = fc.integer({ min: 8, max: 12 })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 4 }), blocks, fc.constantFrom(64, 80), async (n, rows, channels) => {
        const [c, k] = m === 2 ? [128, channels + 64] : [channels, 64]
        const side = m === 2 ? 18 : 32
        const ops = await expectAlike({ x: [n, m * rows, side, c], filter: [3, 3, c, k], stride: 1, pad: 'same' })
        expect(ops.has('com.microsoft.nchwc.Conv') || ops.has('Conv')).toBe(false)
      }),
      { numRuns: 5, seed: 3 },
    )
  })

  it('with a bias behind the activation, which is not to be activated', async () => {
    const c = 2 * block
    const signature: Signature = { inputs: { a: { shape: [1, 40, 40, c] }, f: { shape: [3, 3, c, c] }, b: { shape: [c] } } }
    const fn: ProgramFn = ({ a, f, b }) => ({
      outputs: { y: tf.add(tf.relu(tf.conv2d(a as tf.Tensor4D, f as tf.Tensor4D, 1, 'same')), b!) },
    })
    const inputs = {
      a: { data: numbers(1600 * c, 1), shape: [1, 40, 40, c] },
      f: { data: numbers(9 * c * c, 2), shape: [3, 3, c, c] },
      b: { data: numbers(c, 3, -9, -5), shape: [c] },
    }
    const [own, plain] = await Promise.all([lowering, PORTABLE].map((how) => run(trace(fn, signature, how), signature, inputs)))
    expect(largestDifference(own!['y']!.data, plain!['y']!.data)).toBeLessThan(1e-3)
  })

  it("by Winograd's tiles without borders", async () => {
    const ops = await expectAlike({ x: [2, 18, 34, 128], filter: [3, 3, 128, 128], stride: 1, pad: 'valid' })
    expect(ops.has('com.microsoft.nchwc.Conv') || ops.has('Conv')).toBe(false)
  })
})
