import type { Node } from '../src/tensor/graph.ts'
import { type Device, type ProgramFn, type Signature, tf } from '../src/tensor/index.ts'
import { bodyOf } from '../src/tensor/onnx.ts'
import { trace } from '../src/tensor/trace.ts'
import { randomFrom, sizeOf, timed } from './sampling.ts'

/** Multiplications and additions of a product or convolution, each counted as one; 0 for other nodes. */
function flopsOf({ op, inputs, outputs, attributes }: Node): number {
  const out = sizeOf(outputs[0]!.shape)
  const [left, right] = inputs
  switch (op) {
    case 'MatMul':
      return 2 * out * left!.shape.at(-1)!
    case 'Gemm':
      return 2 * out * left!.shape.at(attributes['transA'] ? 0 : 1)!
    case 'Conv': // the filter is [k, c / groups, h, w]
      return 2 * out * sizeOf(right!.shape.slice(1))
    default:
      return 0
  }
}

/**
 * Floating-point operations of a program's matrix products and convolutions, gradients included, as the network states them: counted on its
 * trace to standard ONNX, so that Winograd, padding to blocks and whatever else a device makes of it change nothing. Taps outside the picture count.
 */
export function countFlops(program: ProgramFn, signature: Signature): number {
  const { graph, outputs, nextState } = trace(program, signature)
  return bodyOf(graph, [...Object.values(outputs), ...Object.values(nextState)]).nodes.reduce((sum, node) => sum + flopsOf(node), 0)
}

const ROWS = 2048
const SIDE = 1024
/** Products in a row: what goes in and out of a run is then little beside them. */
const PRODUCTS = 4
/** Runs each time that it is asked. */
const RUNS = 3

/** Plain matrix products on a device, as the measure of what the machine could do. */
export interface Gemm {
  /** Computes for a moment. */
  measure(): Promise<void>
  /** The most floating-point operations a second of all so far. */
  peak(): number
  dispose(): Promise<void>
}

/**
 * [2048, 1024] × [1024, 1024], four one after the other; neither side is a constant, as in a training step. To be measured between other things,
 * now and then: a machine that others use too is not as fast all the time. Takes 28 MB.
 */
export async function openGemm(device: Device): Promise<Gemm> {
  const random = randomFrom(3)
  // Uniform with variance 1 / side: the products neither grow nor vanish.
  const limit = Math.sqrt(3 / SIDE)
  const w = { data: Float32Array.from({ length: SIDE * SIDE }, () => (2 * random() - 1) * limit), shape: [SIDE, SIDE] }
  const x = { data: Float32Array.from({ length: ROWS * SIDE }, () => 2 * random() - 1), shape: [ROWS, SIDE] }
  const chain: ProgramFn = (_, state) => {
    let y = state['x']!
    for (let i = 0; i < PRODUCTS; i += 1) y = tf.matMul(y, state['w']!)
    return { outputs: { sum: tf.sum(y) } }
  }
  const signature: Signature = { inputs: {}, state: { w: { shape: w.shape }, x: { shape: x.shape } } }
  const program = await device.compile(chain, signature, { name: 'matrix products' })
  await program.writeState({ w, x })
  let bestMs = Number.POSITIVE_INFINITY
  return {
    async measure() {
      for (let i = 0; i < RUNS; i += 1) bestMs = Math.min(bestMs, await timed(() => program.run({})))
    },
    peak: () => (PRODUCTS * 2 * ROWS * SIDE * SIDE) / (bestMs / 1000),
    dispose: () => program.dispose(),
  }
}
