import { DT } from './binding.ts'
import { type Edge, edge, type GraphBuilder, reachable, type StepGraph, sameEdge, shapeOf, type TfNode, type Variable } from './graph.ts'
import { numberOf, scaledBy } from './rewrite.ts'

const FLOAT = { T: ['type', DT.float32] } as const
/** How far the two averages' factors may be from each other for the second to be held as it is; a few times float32's rounding. */
const ROUNDING = 2e-6

/** One tensor's Adam, found: w − rate·m' / (√v' + ε), with m' = β₁·m + g and v' = β₂·v + g². */
interface Found {
  readonly weight: Variable
  readonly first: Variable
  readonly second: Variable
  /** The node that the new weight comes from. */
  readonly result: TfNode
  readonly gradient: Edge
  readonly rate: Edge
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
}

/**
 * Puts libtensorflow's one-pass Adam where a program's new state is Adam written in tf.js operations, a dozen passes. Its kernel keeps
 * m ← m + (1 − β₁)(h − m) and v ← v + (1 − β₂)(h² − v); with h = g / (1 − β₁) the first is the program's own m, and the second its v
 * times (1 − β₂) / (1 − β₁)², which is 1 for β₁ = 0.9 and β₂ = 0.99, else the scale that the variable is held in.
 */
export function fuseAdam(graph: StepGraph): void {
  const taken = new Set<Variable>()
  const found = Object.entries(graph.next).flatMap(([name, value]) => {
    const adam = findAdam(graph, name, value)
    const variables = adam === undefined ? [] : [adam.weight, adam.first, adam.second]
    if (adam === undefined || new Set(variables).size < 3 || variables.some((variable) => taken.has(variable))) return []
    for (const variable of variables) taken.add(variable)
    return [adam]
  })
  const updates = found.map((adam) => fuse(graph, adam))
  waitForReaders(graph, found, updates)
  graph.updates.push(...updates)
}

function findAdam(graph: StepGraph, name: string, value: Edge): Found | undefined {
  const weight = graph.state[name]!
  const result = value.node
  if (result.op !== 'Sub' || !sameEdge(result.inputs[0]!, edge(weight.read))) return undefined
  const quotient = result.inputs[1]!.node
  const [numerator, denominator] = quotient.inputs.map(({ node }) => node)
  if (quotient.op !== 'RealDiv' || numerator?.op !== 'Mul' || denominator?.op !== 'Add') return undefined
  const [root, small] = denominator.inputs as [Edge, Edge]
  const epsilon = numberOf(small)
  if (root.node.op !== 'Sqrt' || epsilon === undefined) return undefined
  const [newFirst, rate] = numerator.inputs as [Edge, Edge]
  const first = decayOf(graph, newFirst)
  const second = decayOf(graph, root.node.inputs[0]!)
  if (first === undefined || second === undefined || shapeOf(rate).length !== 0) return undefined
  const square = second.added.node
  if (square.op !== 'Square' || !sameEdge(square.inputs[0]!, first.added)) return undefined
  if (
    ![first.added, edge(first.variable.read), edge(second.variable.read)].every((other) => shapeOf(other).join() === shapeOf(value).join())
  )
    return undefined
  const [beta1, beta2] = [first.factor, second.factor]
  if (!(beta1 < 1 && beta2 < 1)) return undefined
  return { weight, first: first.variable, second: second.variable, result, gradient: first.added, rate, beta1, beta2, epsilon }
}

/** A new state that is a share of the old one plus something. */
function decayOf(graph: StepGraph, value: Edge): { variable: Variable; factor: number; added: Edge } | undefined {
  const name = Object.keys(graph.next).find((other) => sameEdge(graph.next[other]!, value))
  if (name === undefined || value.node.op !== 'Add') return undefined
  const [kept, added] = value.node.inputs as [Edge, Edge]
  const scaled = scaledBy(kept)
  const variable = graph.state[name]!
  if (scaled === undefined || !sameEdge(scaled.value, edge(variable.read))) return undefined
  return { variable, factor: scaled.factor, added }
}

/** Replaces the update and returns the node that does it; whoever read the new weight reads the variable after it. */
function fuse({ builder, state, next }: StepGraph, adam: Found): TfNode {
  const { weight, first, second, result, beta1, beta2 } = adam
  const rest = 1 - beta1
  const ratio = (1 - beta2) / rest ** 2
  const scale = Math.abs(ratio - 1) < ROUNDING ? 1 : ratio
  if (scale !== 1) rescale(builder, second, scale)
  const root = Math.sqrt(scale)
  const rate = scale === 1 ? adam.rate : builder.node('Mul', [adam.rate, builder.scalar(root)], FLOAT, { shape: [], dtype: DT.float32 })
  const numbers = [0, 0, undefined, beta1, beta2, adam.epsilon * root].map((value) => (value === undefined ? rate : builder.scalar(value)))
  const handles = [weight, first, second].map(({ handle }) => edge(handle))
  const gradient = times(builder, adam.gradient, 1 / rest)
  const update = builder.add({ op: 'ResourceApplyAdam', inputs: [...handles, ...numbers, gradient], attributes: FLOAT, outputs: [] })
  for (const [name, variable] of Object.entries(state)) if ([weight, first, second].includes(variable)) delete next[name]
  result.op = 'ReadVariableOp'
  result.inputs = [edge(weight.handle)]
  result.attributes = { dtype: ['type', DT.float32] }
  result.after = [update]
  return update
}

/** From here on the variable holds its value times `scale`; who reads it still gets the value. */
function rescale(builder: GraphBuilder, variable: Variable, scale: number): void {
  const { read, handle } = variable
  const held = builder.node('ReadVariableOp', [edge(handle)], read.attributes, read.outputs[0]!)
  variable.scale = scale
  read.op = 'RealDiv'
  read.inputs = [held, builder.scalar(scale)]
  read.attributes = FLOAT
}

/** gradient · factor; where the gradient is a product with a scalar already, that takes the factor on. */
function times(builder: GraphBuilder, gradient: Edge, factor: number): Edge {
  const { node } = gradient
  const [value, scalar] = node.inputs
  const type = node.outputs[gradient.index]!
  if (node.op !== 'Mul' || value === undefined || scalar === undefined || shapeOf(scalar).length !== 0) {
    return builder.node('Mul', [gradient, builder.scalar(factor)], FLOAT, type)
  }
  const both = builder.node('Mul', [scalar, builder.scalar(factor)], FLOAT, { shape: [], dtype: DT.float32 })
  return builder.node('Mul', [value, both], FLOAT, type)
}

/**
 * An update in place waits for those that read the old weight, else libtensorflow copies the weight first. Readers that need an update
 * themselves cannot be waited for.
 */
function waitForReaders(graph: StepGraph, found: readonly Found[], updates: readonly TfNode[]): void {
  const live = reachable([...[...Object.values(graph.outputs), ...Object.values(graph.next)].map(({ node }) => node), ...updates])
  const readers = new Map<TfNode, TfNode[]>()
  for (const node of live) {
    for (const needed of [...node.inputs.map((input) => input.node), ...node.after])
      readers.set(needed, [...(readers.get(needed) ?? []), node])
  }
  const late = new Set(updates)
  for (const node of late) for (const reader of readers.get(node) ?? []) late.add(reader)
  found.forEach(({ weight }, i) => {
    updates[i]!.after = (readers.get(weight.read) ?? []).filter((node) => !late.has(node))
  })
}
