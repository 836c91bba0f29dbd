import { DT } from './binding.ts'
import {
  type Edge,
  type EdgeType,
  edge,
  type GraphBuilder,
  reachable,
  type StepGraph,
  sameEdge,
  type TfNode,
  typeOf,
  type Variable,
} from './graph.ts'

/** How a variable is written from outside. */
interface Setter {
  readonly feed: TfNode
  /** What to fetch for it to be written. */
  readonly done: TfNode
}

/** A program's graph with its variables: what to feed and what to fetch. */
export interface Lowered {
  readonly inputs: Readonly<Record<string, TfNode>>
  /** Fetching any of them takes the whole step. */
  readonly outputs: Readonly<Record<string, TfNode>>
  /** To fetch where the program returns no output. */
  readonly stepped: TfNode
  readonly getters: Readonly<Record<string, TfNode>>
  readonly setters: Readonly<Record<string, Setter>>
}

/** Adds to a step's graph what makes its state last: every read before any write, every write before an output. */
export function lower(graph: StepGraph): Lowered {
  const { builder, state, next } = graph
  const changed = Object.entries(next).filter(([name, value]) => !sameEdge(value, edge(state[name]!.read)))
  const live = reachable([
    ...[...Object.values(graph.outputs), ...changed.map(([, value]) => value)].map(({ node }) => node),
    ...graph.updates,
  ])
  const reads = Object.values(state).flatMap(({ read }) => (live.has(read) ? [read] : []))
  const allRead = builder.add({ op: 'NoOp', inputs: [], attributes: {}, outputs: [], after: reads })
  for (const update of graph.updates) update.after = [...update.after, allRead]
  const writes = changed.map(([name, value]) => assign(builder, state[name]!, scaled(builder, value, state[name]!.scale), [allRead]))
  const all = [...writes, ...graph.updates]
  return {
    inputs: graph.inputs,
    outputs: mapped(graph.outputs, (value) => identity(builder, value, all)),
    stepped: identity(builder, builder.scalar(1), all),
    getters: mapped(state, ({ read }) => identity(builder, edge(read), [])),
    setters: mapped(state, (variable) => setterOf(builder, variable)),
  }
}

/** Puts `value` into a variable that holds it times its scale. */
function setterOf(builder: GraphBuilder, variable: Variable): Setter {
  const type = typeOf(edge(variable.read))
  const feed = builder.node('Placeholder', [], { dtype: ['type', type.dtype], shape: ['shape', type.shape] }, type)
  const write = assign(builder, variable, scaled(builder, feed, variable.scale), [])
  return { feed: feed.node, done: identity(builder, builder.scalar(1), [write]) }
}

function assign(builder: GraphBuilder, { handle }: Variable, value: Edge, after: readonly TfNode[]): TfNode {
  return builder.add({
    op: 'AssignVariableOp',
    inputs: [edge(handle), value],
    attributes: { dtype: ['type', typeOf(value).dtype] },
    outputs: [],
    after,
  })
}

function scaled(builder: GraphBuilder, value: Edge, scale: number): Edge {
  if (scale === 1) return value
  return builder.node('Mul', [value, builder.scalar(scale)], { T: ['type', DT.float32] }, typeOf(value))
}

function identity(builder: GraphBuilder, value: Edge, after: readonly TfNode[]): TfNode {
  const type: EdgeType = typeOf(value)
  return builder.node('Identity', [value], { T: ['type', type.dtype] }, type, after).node
}

function mapped<T, R>(values: Readonly<Record<string, T>>, map: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]))
}
