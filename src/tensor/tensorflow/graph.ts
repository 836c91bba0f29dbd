import type { Elements } from './binding.ts'

/** An attribute of a node, tagged with the field of TensorFlow's AttrValue that holds it. */
export type Attribute =
  | readonly ['type', number]
  | readonly ['int', number | readonly number[]]
  | readonly ['float', number]
  | readonly ['bool', boolean]
  | readonly ['string', string]
  | readonly ['shape', readonly number[]]

/** Shape and type (TensorFlow's number) of an edge. */
export interface EdgeType {
  readonly shape: readonly number[]
  readonly dtype: number
}

/** One output of a node. */
export interface Edge {
  readonly node: TfNode
  readonly index: number
}

/** An operation of TensorFlow's. Rewriting changes nodes where they stand, so that whoever reads them reads the new ones. */
export interface TfNode {
  readonly name: string
  op: string
  inputs: readonly Edge[]
  attributes: Readonly<Record<string, Attribute>>
  /** Nodes that run before this one, whose outputs it does not read. */
  after: readonly TfNode[]
  readonly outputs: readonly EdgeType[]
  /** Elements of a `Const`. */
  readonly data?: Elements
}

/** State between steps: a variable of the session. */
export interface Variable {
  /** The resource's handle. */
  readonly handle: TfNode
  /** The value before the step. */
  readonly read: TfNode
  /** The variable holds its value times this. */
  scale: number
}

/** A program as TensorFlow's operations. */
export interface StepGraph {
  readonly builder: GraphBuilder
  readonly inputs: Readonly<Record<string, TfNode>>
  readonly state: Readonly<Record<string, Variable>>
  readonly outputs: Readonly<Record<string, Edge>>
  /** Values of state after the step. */
  readonly next: Record<string, Edge>
  /** Nodes that change variables themselves. */
  readonly updates: TfNode[]
}

/** Makes nodes with names of their own. */
export class GraphBuilder {
  readonly nodes: TfNode[] = []

  add(node: Omit<TfNode, 'name' | 'after'> & { readonly after?: readonly TfNode[] }): TfNode {
    const made = { after: [], ...node, name: `${node.op}.${this.nodes.length}` }
    this.nodes.push(made)
    return made
  }

  /** A node with one output. */
  node(op: string, inputs: readonly Edge[], attributes: TfNode['attributes'], output: EdgeType, after: readonly TfNode[] = []): Edge {
    return edge(this.add({ op, inputs, attributes, outputs: [output], after }))
  }

  constant(data: Elements, shape: readonly number[], dtype: number): Edge {
    return edge(this.add({ op: 'Const', inputs: [], attributes: { dtype: ['type', dtype] }, outputs: [{ shape, dtype }], data }))
  }

  /** A float32 scalar. */
  scalar(value: number): Edge {
    return this.constant(Float32Array.of(value), [], 1)
  }
}

export const edge = (node: TfNode, index = 0): Edge => ({ node, index })
export const typeOf = ({ node, index }: Edge): EdgeType => node.outputs[index]!
export const shapeOf = (value: Edge): readonly number[] => typeOf(value).shape
export const sameEdge = (a: Edge, b: Edge): boolean => a.node === b.node && a.index === b.index

/** All that `roots` need, themselves included. */
export function reachable(roots: Iterable<TfNode>): Set<TfNode> {
  const found = new Set(roots)
  // A set hands out what is added while it is walked.
  for (const node of found) {
    for (const input of node.inputs) found.add(input.node)
    for (const before of node.after) found.add(before)
  }
  return found
}
