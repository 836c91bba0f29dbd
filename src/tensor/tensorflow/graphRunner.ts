import { sizeOf } from '../graph.ts'
import type { HostTensors, Signature, TensorSpec } from '../types.ts'
import type { Binding } from './binding.ts'
import { reachable } from './graph.ts'
import type { Lowered } from './lower.ts'
import type { Runner } from './program.ts'
import { type Port, portOf, Session } from './session.ts'

interface Setter {
  readonly feed: Port
  readonly done: Port
}

/** Runs a step as one call of libtensorflow's, whose session holds the state. */
export class GraphRunner implements Runner {
  readonly #session: Session
  /** Inputs that the step reads; others are in no graph. */
  readonly #inputs: readonly (readonly [string, Port])[]
  /** What to fetch, and under which names it is returned. */
  readonly #names: readonly string[]
  readonly #fetches: readonly Port[]
  readonly #getters: ReadonlyMap<string, Port>
  readonly #setters: ReadonlyMap<string, Setter>

  /** Takes a step on zeros, so that whatever libtensorflow has against the graph it throws here. */
  constructor(graph: Lowered, signature: Signature, binding: Binding) {
    this.#names = Object.keys(graph.outputs)
    const fetched = this.#names.length > 0 ? Object.values(graph.outputs) : [graph.stepped]
    const read = reachable(fetched)
    this.#fetches = fetched.map(portOf)
    this.#inputs = Object.entries(graph.inputs).flatMap(([name, node]) => (read.has(node) ? [[name, portOf(node)] as const] : []))
    this.#getters = new Map(Object.entries(graph.getters).map(([name, node]) => [name, portOf(node)]))
    this.#setters = new Map(
      Object.entries(graph.setters).map(([name, { feed, done }]) => [name, { feed: portOf(feed), done: portOf(done) }]),
    )
    const setters = Object.values(graph.setters).map(({ done }) => done)
    this.#session = Session.open(binding, [...fetched, ...Object.values(graph.getters), ...setters])
    try {
      this.write(zeros(signature.state ?? {}))
      this.step(zeros(signature.inputs))
    } catch (error) {
      this.close()
      throw error
    }
  }

  step(inputs: HostTensors): HostTensors {
    const feeds = this.#inputs.map(([name, port]) => [port, inputs[name]!] as const)
    const made = this.#session.run(feeds, this.#fetches)
    return Object.fromEntries(this.#names.map((name, i) => [name, made[i]!]))
  }

  read(names: readonly string[]): HostTensors {
    if (names.length === 0) return {}
    const getters = names.map((name) => this.#getters.get(name)!)
    const made = this.#session.run([], getters)
    return Object.fromEntries(names.map((name, i) => [name, made[i]!]))
  }

  write(state: HostTensors): void {
    const entries = Object.entries(state).map(([name, tensor]) => ({ ...this.#setters.get(name)!, tensor }))
    if (entries.length === 0) return
    const feeds = entries.map(({ feed, tensor }) => [feed, tensor] as const)
    this.#session.run(
      feeds,
      entries.map(({ done }) => done),
    )
  }

  close(): void {
    this.#session.close()
  }
}

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const

function zeros(specs: Readonly<Record<string, TensorSpec>>): HostTensors {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape, dtype = 'float32' }]) => [name, { data: new ARRAYS[dtype](sizeOf(shape)), shape }]),
  )
}
