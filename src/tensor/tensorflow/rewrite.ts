import { DT } from './binding.ts'
import { type Edge, edge, type GraphBuilder, type StepGraph, sameEdge, shapeOf, type TfNode, typeOf } from './graph.ts'

const FLOAT = { T: ['type', DT.float32] } as const
const CHANNELS_LAST = { ...FLOAT, data_format: ['string', 'NHWC'] } as const

/** Puts one kernel of libtensorflow's where tf.js asks for several, or for one that libtensorflow cannot fuse with its neighbours. */
export function rewrite(graph: StepGraph): void {
  const leaky = new Map(graph.builder.nodes.flatMap((node) => (node.op === 'LeakyRelu' ? [[node.inputs[0]!.node, node]] : [])))
  // Nodes that a rewriting adds stand behind, and need none.
  for (const node of [...graph.builder.nodes]) {
    if (node.outputs[0]?.dtype !== DT.float32) continue
    if (node.op === 'Select') leakyGradient(node, leaky)
    else if (node.op === 'Add') biasAdd(node)
    else if (node.op === 'LeakyRelu') leakySum(node)
    else if (node.op === 'Sum') biasGradient(node) || sumOfSquares(graph.builder, node)
  }
}

function change(node: TfNode, op: string, inputs: readonly Edge[], attributes: TfNode['attributes']): void {
  node.op = op
  node.inputs = inputs
  node.attributes = attributes
}

/** The number that a one-element constant holds. */
export function numberOf({ node }: Edge): number | undefined {
  return node.op === 'Const' && node.data?.length === 1 ? node.data[0] : undefined
}

/** A product with a number, either way round. */
export function scaledBy({ node }: Edge): { readonly value: Edge; readonly factor: number } | undefined {
  if (node.op !== 'Mul') return undefined
  const [a, b] = node.inputs as [Edge, Edge]
  const [left, right] = [numberOf(a), numberOf(b)]
  if (right !== undefined) return { value: a, factor: right }
  return left === undefined ? undefined : { value: b, factor: left }
}

/**
 * tf.js's gradient of leakyRelu, where(x > 0, dy, α·dy), by the kernel for it. That reads leakyRelu's result in place of x, which has the
 * same sign: then nobody but leakyRelu reads x, and libtensorflow computes it within the convolution before.
 */
function leakyGradient(node: TfNode, leaky: ReadonlyMap<TfNode, TfNode>): void {
  const [mask, dy, other] = node.inputs as [Edge, Edge, Edge]
  const scaled = scaledBy(other)
  const activation = mask.node.op === 'Greater' ? leaky.get(mask.node.inputs[0]!.node) : undefined
  if (activation === undefined || scaled === undefined || !sameEdge(scaled.value, dy) || numberOf(mask.node.inputs[1]!) !== 0) return
  const alpha = Math.fround(activation.attributes['alpha']?.[1] as number)
  if (!sameEdge(activation.inputs[0]!, mask.node.inputs[0]!) || !(scaled.factor > 0) || alpha !== scaled.factor) return
  if (shapeOf(dy).join() !== shapeOf(edge(activation)).join()) return
  change(node, 'LeakyReluGrad', [dy, edge(activation)], { ...FLOAT, alpha: ['float', scaled.factor] })
}

/**
 * leakyRelu of a sum, by the kernel of its gradient, which multiplies with the same slopes: libtensorflow 2.21 with oneDNN makes
 * convolution + bias + sum + leakyRelu one kernel that has lost the slope, and computes with 0.2.
 */
function leakySum(node: TfNode): void {
  const [x] = node.inputs as [Edge]
  if (x.node.op === 'Add') change(node, 'LeakyReluGrad', [x, x], node.attributes)
}

/** Ranks that the kernels for biases take everywhere. */
const takesBias = (shape: readonly number[]): boolean => shape.length >= 2 && shape.length <= 4

/** x [..., c] + bias [c]. */
function biasAdd(node: TfNode): void {
  const [x, bias] = node.inputs as [Edge, Edge]
  const [shape, of] = [shapeOf(x), shapeOf(bias)]
  if (!takesBias(shape) || of.length !== 1 || of[0] !== shape.at(-1)) return
  change(node, 'BiasAdd', [x, bias], CHANNELS_LAST)
}

/** A sum over all axes but the last: [..., c] → [c]. */
function biasGradient(node: TfNode): boolean {
  const [x, axes] = node.inputs as [Edge, Edge]
  const summed = axes.node.data
  const shape = shapeOf(x)
  if (!takesBias(shape) || summed === undefined || shapeOf(edge(node)).length !== 1) return false
  if (summed.length !== shape.length - 1 || !Array.from(summed).every((axis, i) => axis === i)) return false
  change(node, 'BiasAddGrad', [x], CHANNELS_LAST)
  return true
}

/** A sum of all squares, as twice the loss that is half of it: one pass that keeps no squares. */
function sumOfSquares(builder: GraphBuilder, node: TfNode): boolean {
  const [squares] = node.inputs as [Edge]
  if (squares.node.op !== 'Square' || shapeOf(edge(node)).length !== 0) return false
  const half = builder.node('L2Loss', [squares.node.inputs[0]!], FLOAT, typeOf(edge(node)))
  change(node, 'Mul', [half, builder.scalar(2)], FLOAT)
  return true
}
