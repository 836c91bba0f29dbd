import { DfkError } from '../work/errors.ts'
import { fuse } from './fuse.ts'
import { ELEMENT, type Graph, type Value } from './graph.ts'
import { halve } from './half.ts'
import { bytesOf, memoryNeeds } from './memoryNeeds.ts'
import { type Body, bodyOf as bodyOfGraph, domainsOf, type GraphWriter, type Port, writeModel } from './onnx.ts'
import { type Trace, trace } from './trace.ts'
import type { ProgramFn, Signature, TensorSpec } from './types.ts'

/** Edges to be seen from outside, by the names that they get there. */
type Bindings = readonly (readonly [string, Value])[]

const INPUT = 'in.'
const OUTPUT = 'out.'
const STATE = 'state.'
const NEXT = 'next.'

/** The names in a trace's models: what to feed and what to fetch. */
export const names = {
  input: (name: string): string => INPUT + name,
  output: (name: string): string => OUTPUT + name,
  state: (name: string): string => STATE + name,
  next: (name: string): string => NEXT + name,
  steps: 'steps',
}

/** The names of the state that a step changes; the rest passes through. */
export function changedState(traced: Trace): string[] {
  return Object.keys(traced.state).filter((name) => traced.nextState[name] !== traced.state[name])
}

const bind = (prefix: string, values: Readonly<Record<string, Value>>, keys = Object.keys(values)): Bindings =>
  keys.map((name) => [prefix + name, values[name]!])

const port = (name: string, value: Value): Port => ({ name, shape: value.shape, dtype: value.dtype })

/** What the outputs need of a graph, fused where it is lowered for the CPU, its products in float16 where it is lowered to that. */
function bodyOf(graph: Graph, outputs: readonly Value[]): Body {
  const body = bodyOfGraph(graph, outputs)
  if (graph.lowering.half === true) return halve(body, outputs)
  return graph.lowering.cpu === true ? fuse(body, outputs) : body
}

/** Gives the outputs their names: the edge itself is renamed, or copied where it has a name already (an input, a constant, one used twice). */
function writeBody(writer: GraphWriter, body: Body, outputs: Bindings): void {
  const produced = new Set(body.nodes.flatMap((node) => node.outputs.map((value) => value.name)))
  const renamed = new Map<string, string>()
  const copied: (readonly [string, Value])[] = []
  for (const [name, value] of outputs) {
    if (produced.has(value.name) && !renamed.has(value.name)) renamed.set(value.name, name)
    else copied.push([name, value])
  }
  writer.nodes(body.nodes, renamed)
  for (const [name, value] of copied) writer.node('Identity', [renamed.get(value.name) ?? value.name], [name])
}

const stepEdges = (traced: Trace): Bindings => [...bind(OUTPUT, traced.outputs), ...bind(NEXT, traced.nextState, changedState(traced))]

/** One step as an ONNX model: inputs and state in, outputs and changed state out. */
export function stepModel(traced: Trace): Uint8Array {
  return edgeModel(traced, stepEdges(traced))
}

/** Bytes that a step is reckoned to need, with its state and what it makes of it. */
export function stepMemory(traced: Trace): number {
  return edgeMemory(traced, stepEdges(traced))
}

/** Bytes that a model of these edges is reckoned to need: what lives at once while it runs, and all that goes in and comes out. */
export function edgeMemory(traced: Trace, outputs: Bindings): number {
  const values = outputs.map(([, value]) => value)
  const { peak, constants } = memoryNeeds(bodyOf(traced.graph, values), values)
  const placed = [...Object.values(traced.inputs), ...Object.values(traced.state), ...values]
  return peak + constants + placed.reduce((sum, value) => sum + bytesOf(value), 0)
}
/** One step as an ONNX model that puts out the edges given: inputs and state in. */
export function edgeModel(traced: Trace, outputs: Bindings): Uint8Array {
  const body = bodyOf(
    traced.graph,
    outputs.map(([, value]) => value),
  )
  const write = (graph: GraphWriter) => {
    writeBody(graph, body, outputs)
    graph.constants(body.constants)
    for (const [name, value] of [...bind(INPUT, traced.inputs), ...bind(STATE, traced.state)]) graph.input(port(name, value))
    for (const [name, value] of outputs) graph.output(port(name, value))
  }
  return writeModel('step', write, { domains: domainsOf(body) })
}

/**
 * K steps as an ONNX model: the step is the body of a Loop that carries the state, picks the i-th of the stacked inputs
 * and stacks the outputs. `steps` says how many.
 */
export function loopModel(traced: Trace): Uint8Array {
  const changed = changedState(traced)
  const carried = bind(NEXT, traced.nextState, changed)
  const outputs = bind(OUTPUT, traced.outputs)
  const all = [...carried, ...outputs]
  const body = bodyOf(
    traced.graph,
    all.map(([, value]) => value),
  )
  const write = (graph: GraphWriter) => {
    graph.constants([...body.constants, { name: 'on', shape: [], dtype: 'bool', data: Uint8Array.of(1) }])
    graph.input({ name: names.steps, shape: [], dtype: 'int64' })
    for (const [name, value] of bind('all.in.', traced.inputs)) graph.input(port(name, stacked(value)))
    for (const [name, value] of Object.entries(traced.state)) {
      graph.input(port(changed.includes(name) ? `first.${name}` : STATE + name, value))
    }
    const results = [...changed.map((name) => `last.${name}`), ...outputs.map(([name]) => `all.${name}`)]
    graph.nodeWithBody('Loop', [names.steps, 'on', ...changed.map((name) => `first.${name}`)], results, (inner) => {
      for (const name of Object.keys(traced.inputs)) inner.node('Gather', [`all.in.${name}`, 'step'], [INPUT + name], { axis: 0 })
      writeBody(inner, body, all)
      inner.node('Identity', ['go'], ['goOn'])
      inner.input({ name: 'step', shape: [], dtype: 'int64' })
      inner.input({ name: 'go', shape: [], dtype: 'bool' })
      for (const [name, value] of bind(STATE, traced.state, changed)) inner.input(port(name, value))
      inner.output({ name: 'goOn', shape: [], dtype: 'bool' })
      for (const [name, value] of all) inner.output(port(name, value))
    })
    for (const [name, value] of bind('last.', traced.nextState, changed)) graph.output(port(name, value))
    for (const [name, value] of outputs) graph.output({ ...port(`all.${name}`, value), shape: [names.steps, ...value.shape] })
  }
  return writeModel('steps', write, { domains: domainsOf(body) })
}

/** The state named, copied, as an ONNX model: `state.x` in, `next.x` out. */
export function copyModel(specs: Signature['inputs'], which: readonly string[]): Uint8Array {
  return writeModel('copy', (graph) => {
    for (const name of which) graph.node('Identity', [STATE + name], [NEXT + name])
    for (const name of which) graph.input({ ...portOf(specs[name]!), name: STATE + name })
    for (const name of which) graph.output({ ...portOf(specs[name]!), name: NEXT + name })
  })
}

/** Two numbers to float16 and back: what tells whether a provider has that at all. */
export function halfModel(): Uint8Array {
  return writeModel('half', (graph) => {
    graph.node('Cast', [`${STATE}x`], ['half'], { to: ELEMENT.float16 })
    graph.node('Cast', ['half'], [`${NEXT}x`], { to: ELEMENT.float32 })
    graph.input({ name: `${STATE}x`, shape: [2], dtype: 'float32' })
    graph.output({ name: `${NEXT}x`, shape: [2], dtype: 'float32' })
  })
}

const portOf = ({ shape, dtype = 'float32' }: TensorSpec): Omit<Port, 'name'> => ({ shape, dtype })

const stacked = (value: Value): Value => ({ ...value, shape: [names.steps, ...value.shape] as unknown as number[] })

/**
 * The program as an ONNX model for other tools: inputs and outputs have the names given, and the tensors that `fn` captures
 * (its weights) lie inside. Throws where the program has state: close over the weights instead. `opset` says which version of
 * ONNX the file claims, for tools that ask for an old one; the program must then use no newer operators. `metadata`: what the file says of itself.
 */
export function exportOnnx(
  fn: ProgramFn,
  signature: Signature,
  options: { readonly opset?: number; readonly metadata?: Readonly<Record<string, string>> } = {},
): Uint8Array {
  if (Object.keys(signature.state ?? {}).length > 0) {
    throw new DfkError('expected a program without state to export but found one with state', { hint: 'capture the weights as tensors' })
  }
  const traced = trace(fn, signature)
  const outputs = bind('', traced.outputs)
  const clash = outputs.find(([name]) => name in traced.inputs)
  if (clash !== undefined) throw new DfkError(`expected different names for inputs and outputs but found "${clash[0]}" twice`)
  const body = bodyOf(
    traced.graph,
    outputs.map(([, value]) => value),
  )
  const write = (graph: GraphWriter) => {
    const inputs = bind('', traced.inputs)
    for (const [name, value] of inputs) graph.node('Identity', [name], [value.name])
    writeBody(graph, body, outputs)
    graph.constants(body.constants)
    for (const [name, value] of inputs) graph.input(port(name, value))
    for (const [name, value] of outputs) graph.output(port(name, value))
  }
  return writeModel('dfk', write, { version: options.opset, domains: domainsOf(body), metadata: options.metadata })
}
