import { type Graph, type Node, sizeOf, type Value } from '../graph.ts'
import { changedState } from '../model.ts'
import type { Trace } from '../trace.ts'

/** Element-wise arithmetic that a kernel knows; `b` is absent for those of one operand. Operands are places in the kernel's list of values. */
export interface Step {
  readonly op: Operation
  readonly a: number
  readonly b?: number
}

const OPERATIONS = {
  Add: 'add',
  Sub: 'sub',
  Mul: 'mul',
  Div: 'div',
  Min: 'min',
  Max: 'max',
  Sqrt: 'sqrt',
  Neg: 'neg',
  Abs: 'abs',
} as const
export type Operation = (typeof OPERATIONS)[keyof typeof OPERATIONS]

/**
 * One pass over tensors of one size. Its values are numbered: first the tensors, then the scalars, then the constants, then what each step makes.
 * `results` says which value each of the tensors that change becomes.
 */
export interface UpdateKernel {
  readonly tensors: number
  readonly scalars: number
  readonly constants: readonly number[]
  readonly steps: readonly Step[]
  readonly results: readonly { readonly tensor: number; readonly value: number }[]
}

/** A kernel with what it works on: edges of the graph. Those that are state are changed in place. */
export interface Update {
  readonly kernel: UpdateKernel
  readonly size: number
  readonly tensors: readonly Value[]
  readonly scalars: readonly Value[]
  /** The names of the state that it changes, one for each result. */
  readonly states: readonly string[]
}

/** Which of a program's new state is an element-wise expression of state, gradients and scalars, and how to compute it in one pass over each. */
export function planUpdates(traced: Trace): Update[] {
  const states = new Map(Object.entries(traced.state).map(([name, value]) => [value.name, name]))
  const fused = changedState(traced).filter((name) => isExpression(traced.graph, traced.nextState[name]!, states))
  return groupsOf(traced, fused, states).map((names) => updateOf(traced, names, states))
}

/** The node that makes a value, seen through those that change its shape alone. */
function producerOf(graph: Graph, value: Value): { value: Value; node: Node | undefined } {
  const node = graph.producer(value)
  if (node?.op === 'Reshape' || node?.op === 'Identity') return producerOf(graph, node.inputs[0]!)
  return { value, node }
}

/** The arithmetic of a node, if it is of a kind that kernels know and works element by element on `size` numbers. */
function operationOf(node: Node | undefined, size: number): Operation | undefined {
  const known = node !== undefined && node.domain === undefined && node.op in OPERATIONS
  if (!known || node.outputs[0]!.dtype !== 'float32' || node.inputs.length > 2) return undefined
  if (sizeOf(node.outputs[0]!.shape) !== size) return undefined
  const fits = node.inputs.every((input) => sizeOf(input!.shape) === size || sizeOf(input!.shape) === 1)
  // JSON, by which kernels are compared and kept, holds no infinity, no NaN and no -0.
  const odd = node.inputs.some(
    (input) => input?.data?.length === 1 && (!Number.isFinite(Number(input.data[0])) || Object.is(input.data[0], -0)),
  )
  return fits && !odd ? OPERATIONS[node.op as keyof typeof OPERATIONS] : undefined
}

function isExpression(graph: Graph, value: Value, states: ReadonlyMap<string, string>): boolean {
  if (value.dtype !== 'float32' || states.has(value.name)) return false
  return operationOf(producerOf(graph, value).node, sizeOf(value.shape)) !== undefined
}

/** Names of state whose updates read one another, or one gradient, go into one pass. */
function groupsOf(traced: Trace, names: readonly string[], states: ReadonlyMap<string, string>): string[][] {
  const groups: { names: string[]; leaves: Set<string> }[] = []
  for (const name of names) {
    const leaves = new Set([traced.state[name]!.name])
    collect(traced.graph, traced.nextState[name]!, states, leaves, new Set())
    const touching = groups.filter((group) => [...leaves].some((leaf) => group.leaves.has(leaf)))
    for (const group of touching) groups.splice(groups.indexOf(group), 1)
    groups.push({
      names: [...touching.flatMap((group) => group.names), name],
      leaves: new Set([...touching.flatMap((group) => [...group.leaves]), ...leaves]),
    })
  }
  return groups.map((group) => group.names)
}

/** The tensors, as large as the value itself, that an expression reads. */
function collect(graph: Graph, value: Value, states: ReadonlyMap<string, string>, leaves: Set<string>, seen: Set<string>): void {
  const size = sizeOf(value.shape)
  const { value: inner, node } = producerOf(graph, value)
  if (seen.has(inner.name)) return
  seen.add(inner.name)
  if (states.has(inner.name) || operationOf(node, size) === undefined) {
    leaves.add(inner.name)
    return
  }
  for (const input of node!.inputs) if (sizeOf(input!.shape) === size) collect(graph, input!, states, leaves, seen)
}

type Place = { readonly kind: 'tensor' | 'scalar' | 'constant' | 'step'; readonly at: number }

/** Collects what one pass needs; numbers are given out when all are known. */
class Builder {
  readonly tensors: Value[] = []
  readonly scalars: Value[] = []
  readonly constants: number[] = []
  readonly steps: { op: Operation; a: Place; b?: Place }[] = []
  readonly #known = new Map<string, Place>()
  readonly #graph: Graph
  readonly #size: number
  readonly #states: ReadonlyMap<string, string>

  constructor(graph: Graph, size: number, states: ReadonlyMap<string, string>) {
    this.#graph = graph
    this.#size = size
    this.#states = states
  }

  place(value: Value): Place {
    const { value: inner, node } = producerOf(this.#graph, value)
    const known = this.#known.get(inner.name)
    if (known !== undefined) return known
    const made = this.#newPlace(inner, node)
    this.#known.set(inner.name, made)
    return made
  }

  #newPlace(value: Value, node: Node | undefined): Place {
    const single = sizeOf(value.shape) === 1
    if (value.data !== undefined && single) return this.#put('constant', this.constants, Number(value.data[0]))
    if (single && this.#size !== 1) return this.#put('scalar', this.scalars, value)
    const op = this.#states.has(value.name) ? undefined : operationOf(node, this.#size)
    if (op === undefined) return this.#put('tensor', this.tensors, value)
    const [a, b] = node!.inputs.map((input) => this.place(input!))
    this.steps.push({ op, a: a!, ...(b !== undefined && { b }) })
    return { kind: 'step', at: this.steps.length - 1 }
  }

  #put<T>(kind: Place['kind'], list: T[], item: T): Place {
    list.push(item)
    return { kind, at: list.length - 1 }
  }

  number({ kind, at }: Place): number {
    const before = { tensor: 0, scalar: this.tensors.length, constant: this.tensors.length + this.scalars.length }
    return kind === 'step' ? before.constant + this.constants.length + at : before[kind] + at
  }
}

function updateOf(traced: Trace, names: readonly string[], states: ReadonlyMap<string, string>): Update {
  const size = sizeOf(traced.state[names[0]!]!.shape)
  const builder = new Builder(traced.graph, size, states)
  const results = names.map((name) => ({ tensor: builder.place(traced.state[name]!), value: builder.place(traced.nextState[name]!) }))
  const kernel: UpdateKernel = {
    tensors: builder.tensors.length,
    scalars: builder.scalars.length,
    constants: builder.constants,
    steps: builder.steps.map(({ op, a, b }) => ({ op, a: builder.number(a), ...(b !== undefined && { b: builder.number(b) }) })),
    results: results.map(({ tensor, value }) => ({ tensor: builder.number(tensor), value: builder.number(value) })),
  }
  return { kernel, size, tensors: builder.tensors, scalars: builder.scalars, states: names }
}
