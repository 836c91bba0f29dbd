import type { Value } from '../graph.ts'
import { sizeOf } from '../graph.ts'
import { changedState, edgeMemory, edgeModel, names } from '../model.ts'
import type { Trace } from '../trace.ts'
import { planUpdates, type Update } from '../update/plan.ts'
import { fitsShared, sharedBytes } from './memory.ts'

/** An edge of the graph under the name that the model gives it. */
export type Named = readonly [name: string, value: Value]

/** What a program's model reads and writes, and what is done outside it. */
export interface Layout {
  readonly updates: readonly Update[]
  readonly inputs: readonly Named[]
  readonly outputs: readonly Named[]
  /** State that updates change in place, and that no step changes. */
  readonly settled: readonly Named[]
  /** State that the model computes anew: it has two places, which change roles with each step. */
  readonly swapped: readonly Named[]
  /** What the updates read of the graph. */
  readonly leaves: readonly Named[]
}

/** All that a `NativeProgram` is made from; survives a trip through JSON, but for the model. */
export interface Blueprint {
  readonly layout: Layout
  readonly model: Uint8Array
  /** Bytes of everything that has a place, and of what the graph takes in between. */
  readonly memoryBytes: number
  /** Whether the model went through ONNX Runtime's optimiser before. */
  readonly optimised: boolean
}

/** A traced program as a model and the updates outside it, if those fit into one piece of WebAssembly memory. */
export function blueprintOf(traced: Trace): Blueprint {
  const planned = layoutOf(traced, planUpdates(traced))
  const layout = fitsShared(sharedSize(planned)) ? planned : layoutOf(traced, [])
  const edges = edgesOf(traced, layout)
  return { layout, model: edgeModel(traced, edges), memoryBytes: edgeMemory(traced, edges), optimised: false }
}

function layoutOf(traced: Trace, updates: readonly Update[]): Layout {
  const inPlace = new Set(updates.flatMap(({ states }) => states))
  const state = Object.entries(traced.state)
  const changed = new Set(changedState(traced))
  const isSwapped = ([name]: Named) => changed.has(name) && !inPlace.has(name)
  // State that changes its place cannot be read where it lies: the graph puts a copy of it out, as it does with all else that updates read.
  const hasPlace = new Set(state.filter((named) => !isSwapped(named)).map(([, value]) => value.name))
  const leaves = new Map<string, Value>()
  for (const { tensors, scalars } of updates) {
    for (const value of tensors) if (!hasPlace.has(value.name)) leaves.set(value.name, value)
    for (const value of scalars) leaves.set(value.name, value)
  }
  return {
    updates,
    inputs: Object.entries(traced.inputs),
    outputs: Object.entries(traced.outputs),
    settled: state.filter((named) => !isSwapped(named)),
    swapped: state.filter(isSwapped),
    leaves: [...leaves].map(([name, value]) => [`leaf.${name}`, value]),
  }
}

/** What the model puts out: what the updates read, but not what they compute. */
function edgesOf(traced: Trace, { outputs, swapped, leaves }: Layout): Named[] {
  return [
    ...outputs.map(([name, value]) => [names.output(name), value] as const),
    ...swapped.map(([name]) => [names.next(name), traced.nextState[name]!] as const),
    ...leaves,
  ]
}

/** Bytes of shared memory: state, what updates read, and their tables. */
export function sharedSize({ updates, settled, swapped, leaves }: Layout): number {
  const tensors = [...settled, ...swapped, ...leaves].reduce((sum, [, { dtype, shape }]) => sum + sharedBytes(dtype, sizeOf(shape)), 0)
  return updates.reduce((sum, { tensors: t, scalars: s }) => sum + sharedBytes('int32', t.length + s.length), tensors)
}
