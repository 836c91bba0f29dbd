import type { Graph, Value } from '../graph.ts'

export interface KernelCall {
  readonly graph: Graph
  readonly inputs: Readonly<Record<string, Value>>
  readonly attrs: Readonly<Record<string, unknown>>
}

/** Appends to the graph what computes one tf.js kernel, and returns the edge (or edges) that hold its result. */
export type Kernel = (call: KernelCall) => Value | readonly Value[]

export type KernelTable = Readonly<Record<string, Kernel>>

/** A kernel with its inputs and attributes typed: tf.js promises them by name. */
export function kernel<I, A = object>(body: (graph: Graph, inputs: I, attrs: A) => Value | readonly Value[]): Kernel {
  return ({ graph, inputs, attrs }) => body(graph, inputs as I, attrs as A)
}
