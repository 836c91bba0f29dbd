import type { Node, Value } from './graph.ts'
import type { Body } from './onnx.ts'

/** Where the time goes, and sums are kept in float32 inside: computed in float16. */
const PRODUCTS = new Set(['MatMul', 'Gemm', 'Conv'])
/** What follows a product without a change of range: stays in float16 behind it. Which of the inputs are numbers to follow. */
const FOLLOWERS: Readonly<Record<string, number>> = { Reshape: 1, Transpose: 1, LeakyRelu: 1, Relu: 1, Gather: 1, Slice: 1 }

const FLOAT16 = 10
const FLOAT32 = 1

/**
 * Turns the products of a graph, and what only moves or rectifies their results, to float16; everything else, sums, losses and the update of
 * the state, stays in float32, and so do all inputs and outputs (mixed precision after Micikevicius et al. 2018).
 */
export function halve({ nodes, constants }: Body, outputs: readonly Value[]): Body {
  const halving = new Halving()
  for (const node of nodes) halving.take(node)
  for (const value of outputs) halving.single(value)
  return { nodes: halving.nodes, constants }
}

class Halving {
  readonly nodes: Node[] = []
  /** The float16 value that holds what a float32 edge did; those in `#native` were made so. */
  readonly #halves = new Map<string, Value>()
  readonly #native = new Set<string>()
  readonly #singles = new Set<string>()

  take(node: Node): void {
    if (!this.#belongs(node)) {
      this.nodes.push({ ...node, inputs: node.inputs.map((value) => value && this.single(value)) })
      return
    }
    const count = FOLLOWERS[node.op] ?? node.inputs.length
    const inputs = node.inputs.map((value, i) => (value !== undefined && i < count ? this.#half(value) : value))
    const made = node.outputs.map((value): Value => ({ ...value, name: `${value.name}.half`, dtype: 'float16' }))
    this.nodes.push({ ...node, inputs, outputs: made })
    node.outputs.forEach((value, i) => {
      this.#halves.set(value.name, made[i]!)
      this.#native.add(value.name)
    })
  }

  #belongs(node: Node): boolean {
    if (node.domain !== undefined || node.outputs.some(({ dtype }) => dtype !== 'float32')) return false
    if (PRODUCTS.has(node.op)) return true
    return node.op in FOLLOWERS && this.#native.has(node.inputs[0]!.name)
  }

  /** The value as float32, cast back where it was made in float16. */
  single(value: Value): Value {
    if (!this.#native.has(value.name) || this.#singles.has(value.name)) return value
    this.#singles.add(value.name)
    this.nodes.push({ op: 'Cast', inputs: [this.#halves.get(value.name)!], outputs: [value], attributes: { to: FLOAT32 } })
    return value
  }

  #half(value: Value): Value {
    const known = this.#halves.get(value.name)
    if (known !== undefined) return known
    const made: Value = { name: `${value.name}.half`, shape: value.shape, dtype: 'float16' }
    this.nodes.push({ op: 'Cast', inputs: [value], outputs: [made], attributes: { to: FLOAT16 } })
    this.#halves.set(value.name, made)
    return made
  }
}
