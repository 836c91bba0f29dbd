import { sizeOf } from '../graph.ts'
import { checkState, checkTensors, checkWritten, pickStep, stack, stepsOf } from '../host.ts'
import { names } from '../model.ts'
import { Turns } from '../turns.ts'
import type { HostTensor, HostTensors, Program, Signature } from '../types.ts'
import { openUpdater, type Updater } from '../update/updater.ts'
import { type Blueprint, type Layout, type Named, sharedSize } from './blueprint.ts'
import type { NativeLibrary } from './library.ts'
import { type Buffer, heapMemory, type Memory, sharedMemory } from './memory.ts'
import { type Binding, type Bound, type NativeSession, openSession, type Threading } from './session.ts'

/**
 * A traced program on ONNX Runtime's CPU provider through its C interface. Everything that it reads and writes has a fixed place in memory, so
 * the state is never copied; new state that is an element-wise expression of the old and of gradients, as an optimizer's is, is computed
 * in place outside the graph, in one pass. Calls wait for each other, and the event loop goes on while the graph computes.
 */
export class NativeProgram implements Program {
  readonly memoryBytes: number
  readonly #signature: Signature
  readonly #layout: Layout
  /** Undefined where the graph makes nothing, since the updates are all there is. */
  readonly #session: NativeSession | undefined
  #updater: Updater | undefined
  readonly #inputs: Record<string, Buffer> = {}
  readonly #outputs: Record<string, Buffer> = {}
  /** Where the state is now. */
  readonly #state: Record<string, Buffer> = {}
  /** Where the model puts new state. */
  readonly #next: Record<string, Buffer> = {}
  #bindings: readonly [Binding, Binding] | undefined
  readonly #written = new Set<string>()
  #turn: 0 | 1 = 0
  readonly #turns = new Turns()

  /** `savePath`: where to leave the model as ONNX Runtime optimised it. */
  constructor(blueprint: Blueprint, signature: Signature, library: NativeLibrary, threading: Threading, savePath?: string) {
    const { layout, model, optimised } = blueprint
    this.#signature = signature
    this.#layout = layout
    this.memoryBytes = blueprint.memoryBytes
    const { outputs, swapped, leaves: read } = layout
    const makes = outputs.length + swapped.length + read.length > 0
    this.#session = makes
      ? openSession(library, model, { ...threading, optimised, ...(savePath !== undefined && { savePath }) })
      : undefined
    try {
      const places = this.#allocate(library)
      this.#updater = places.updater(threading.threads)
      if (this.#session !== undefined) this.#bindings = this.#bindBoth(this.#session, places.leaves)
    } catch (error) {
      this.#session?.release()
      void this.#updater?.dispose()
      throw error
    }
  }

  /** Gives everything its place; what updates work on lies where their threads see it. */
  #allocate(library: NativeLibrary): { leaves: Record<string, Buffer>; updater(threads: number): Updater | undefined } {
    const layout = this.#layout
    const shared = layout.updates.length > 0 ? sharedMemory(library, sharedSize(layout)) : undefined
    const heap = heapMemory(library)
    const place = (memory: Memory, named: readonly Named[]) =>
      Object.fromEntries(named.map(([name, { dtype, shape }]) => [name, memory.allocate(dtype, sizeOf(shape))]))
    Object.assign(this.#inputs, place(heap, layout.inputs))
    Object.assign(this.#outputs, place(heap, layout.outputs))
    Object.assign(this.#state, place(shared ?? heap, [...layout.settled, ...layout.swapped]))
    Object.assign(this.#next, place(heap, layout.swapped))
    const leaves = place(shared ?? heap, layout.leaves)
    const inState = new Map(layout.settled.map(([name, value]) => [value.name, this.#state[name]!]))
    const fromGraph = new Map(layout.leaves.map(([name, value]) => [value.name, leaves[name]!]))
    // Tensors are changed where the state lies; a scalar, though it be state too, is read from the graph's copy, since another job may be
    // changing the state meanwhile.
    const places = {
      tensor: (edge: string) => (inState.get(edge) ?? fromGraph.get(edge))!,
      scalar: (edge: string) => fromGraph.get(edge)!,
    }
    return { leaves, updater: (threads) => shared && openUpdater(layout.updates, shared, places, threads) }
  }

  #bindBoth(session: NativeSession, leaves: Readonly<Record<string, Buffer>>): readonly [Binding, Binding] {
    return [this.#bind(session, leaves, this.#state, this.#next), this.#bind(session, leaves, this.#next, this.#state)]
  }

  run(inputs: HostTensors): Promise<HostTensors> {
    return this.#turns.take(async () => {
      checkTensors('input', inputs, this.#signature.inputs)
      return this.#step(inputs)
    })
  }

  runMany(inputs: HostTensors): Promise<HostTensors> {
    return this.#turns.take(async () => {
      const steps = stepsOf(inputs)
      checkTensors('input', inputs, this.#signature.inputs, steps)
      const results: HostTensors[] = []
      for (let k = 0; k < steps; k++) results.push(await this.#step(pickStep(inputs, k)))
      return Object.fromEntries(this.#layout.outputs.map(([name]) => [name, stack(results.map((result) => result[name]!))]))
    })
  }

  readState(): Promise<HostTensors> {
    return this.#turns.take(async () => {
      const written = Object.entries(this.#state).filter(([name]) => this.#written.has(name))
      return Object.fromEntries(written.map(([name, buffer]) => [name, hostOf(buffer, this.#signature.state![name]!.shape)]))
    })
  }

  writeState(state: HostTensors): Promise<void> {
    return this.#turns.take(async () => {
      checkState(state, this.#signature.state)
      for (const [name, { data }] of Object.entries(state)) {
        fill(this.#state[name]!, data)
        this.#written.add(name)
      }
    })
  }

  async dispose(): Promise<void> {
    await this.#turns.end(async () => {
      this.#session?.release()
      await this.#updater?.dispose()
    })
  }

  async #step(inputs: HostTensors): Promise<HostTensors> {
    checkWritten(this.#signature.state, (name) => this.#written.has(name))
    for (const [name] of this.#layout.inputs) fill(this.#inputs[name]!, inputs[name]!.data)
    if (this.#bindings !== undefined) await this.#session!.run(this.#bindings[this.#turn])
    this.#updater?.run()
    if (this.#layout.swapped.length > 0) this.#swap()
    return Object.fromEntries(this.#layout.outputs.map(([name, { shape }]) => [name, hostOf(this.#outputs[name]!, shape)]))
  }

  #swap(): void {
    for (const [name] of this.#layout.swapped) [this.#state[name], this.#next[name]] = [this.#next[name]!, this.#state[name]!]
    this.#turn = this.#turn === 0 ? 1 : 0
  }

  /** Ties everything to its place, with state read from `from` and made in `to`. */
  #bind(
    session: NativeSession,
    leaves: Readonly<Record<string, Buffer>>,
    from: Record<string, Buffer>,
    to: Record<string, Buffer>,
  ): Binding {
    const bound = (prefix: (name: string) => string, buffers: Readonly<Record<string, Buffer>>, named: readonly Named[]): Bound[] =>
      named.map(([name, { shape, dtype }]) => ({ name: prefix(name), shape, dtype, buffer: buffers[name]! }))
    const { inputs, outputs, settled, swapped } = this.#layout
    return session.bind(
      [...bound(names.input, this.#inputs, inputs), ...bound(names.state, this.#state, settled), ...bound(names.state, from, swapped)],
      [
        ...bound(names.output, this.#outputs, outputs),
        ...bound(names.next, to, swapped),
        ...bound((name) => name, leaves, this.#layout.leaves),
      ],
    )
  }
}

function fill({ data }: Buffer, from: HostTensor['data']): void {
  ;(data as Float32Array).set(from as Float32Array)
}

/** A copy that the caller may keep. */
function hostOf({ data }: Buffer, shape: readonly number[]): HostTensor {
  return { data: (data as Float32Array).slice(), shape: [...shape] }
}
