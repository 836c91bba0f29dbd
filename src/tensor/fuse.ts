import type { Node, Value } from './graph.ts'
import { NCHWC } from './lowering.ts'
import type { Body } from './onnx.ts'

/** Activations that ONNX Runtime's blocked convolutions apply as they write. */
const ACTIVATIONS: Readonly<Record<string, (node: Node) => readonly number[]>> = {
  LeakyRelu: ({ attributes }) => [attributes['alpha'] as number],
  Relu: () => [],
  Sigmoid: () => [],
  Tanh: () => [],
}

/**
 * Draws biases into the products and blocked convolutions before them, and activations into the convolutions: what is between has then no pass
 * of its own. `outputs` are edges that others read.
 */
export function fuse({ nodes, constants }: Body, outputs: readonly Value[]): Body {
  const fusion = new Fusion(nodes, outputs)
  for (const node of nodes) fusion.take(node)
  return { nodes: fusion.nodes(), constants }
}

class Fusion {
  readonly #uses = new Map<string, number>()
  readonly #made: (Node | undefined)[] = []
  readonly #places = new Map<string, number>()

  constructor(nodes: readonly Node[], outputs: readonly Value[]) {
    const read = [...nodes.flatMap(({ inputs }) => inputs), ...outputs]
    for (const value of read) if (value !== undefined) this.#uses.set(value.name, (this.#uses.get(value.name) ?? 0) + 1)
  }

  nodes(): Node[] {
    return this.#made.filter((node) => node !== undefined)
  }

  take(node: Node): void {
    if (this.#fuseBias(node) || this.#fuseActivation(node)) return
    this.#append(node)
  }

  #append(node: Node): void {
    for (const { name } of node.outputs) this.#places.set(name, this.#made.length)
    this.#made.push(node)
  }

  /** The node that makes a value which nobody else reads. */
  #soleProducer(value: Value | undefined): number | undefined {
    if (value === undefined || this.#uses.get(value.name) !== 1) return undefined
    return this.#places.get(value.name)
  }

  /** Places of a product or convolution and of the node behind it that changes its layout alone, where both have one reader. */
  #productBefore(value: Value | undefined): { product: number; layout: number | undefined } | undefined {
    const last = this.#soleProducer(value)
    if (last === undefined) return undefined
    const node = this.#made[last]!
    if (node.op === 'Gemm') return { product: last, layout: undefined }
    if (node.op !== 'ReorderOutput' && node.op !== 'Reshape') return undefined
    const product = this.#soleProducer(node.inputs[0])
    const op = product === undefined ? undefined : this.#made[product]!
    if (op === undefined) return undefined
    const sameWidth = node.outputs[0]!.shape.at(-1) === op.outputs[0]!.shape.at(-1)
    const fits = node.op === 'Reshape' ? op.op === 'Gemm' && sameWidth : op.op === 'Conv' && op.domain === NCHWC
    return fits ? { product: product!, layout: last } : undefined
  }

  #fuseBias(node: Node): boolean {
    if (node.op !== 'Add') return false
    const [x, bias] = node.inputs as [Value, Value]
    if (bias.shape.length !== 1 || bias.shape[0] !== x.shape.at(-1) || this.#places.has(bias.name)) return false
    const found = this.#productBefore(x)
    if (found === undefined || this.#made[found.product]!.inputs.length !== 2) return false
    const product = this.#made[found.product]!
    // What an activation made is not to be activated again.
    if ('activation' in product.attributes) return false
    this.#replace(found, { ...product, inputs: [...product.inputs, bias] }, node)
    return true
  }

  #fuseActivation(node: Node): boolean {
    const parameters = ACTIVATIONS[node.op]
    const found = parameters === undefined ? undefined : this.#productBefore(node.inputs[0])
    const product = found === undefined ? undefined : this.#made[found.product]!
    if (found === undefined || product?.op !== 'Conv' || 'activation' in product.attributes) return false
    const values = parameters!(node)
    const added = { activation: node.op, ...(values.length > 0 && { activation_params: values }) }
    this.#replace(found, { ...product, attributes: { ...product.attributes, ...added } }, node)
    return true
  }

  /** Puts a changed product in its place, and the layout behind it, if any, in the place of `end`, whose output it then makes. */
  #replace({ product, layout }: { product: number; layout: number | undefined }, changed: Node, end: Node): void {
    const made = layout === undefined ? { ...changed, outputs: end.outputs } : changed
    this.#made[product] = made
    for (const { name } of made.outputs) this.#places.set(name, product)
    if (layout === undefined) return
    const last = this.#made[layout]!
    this.#made[layout] = undefined
    this.#append({ ...last, outputs: end.outputs })
  }
}
