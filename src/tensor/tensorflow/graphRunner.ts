import type { HostTensors } from '../types.ts'
import type { Binding } from './binding.ts'
import { reachable, type TfNode } from './graph.ts'
import type { Lowered } from './lower.ts'
import type { Runner } from './program.ts'
import { Session } from './session.ts'

/** Runs a step as one call of libtensorflow's, whose session holds the state. */
export class GraphRunner implements Runner {
  readonly #graph: Lowered
  readonly #session: Session
  /** Inputs that the step reads; others are in no graph. */
  readonly #inputs: readonly (readonly [string, TfNode])[]
  /** What to fetch, and under which names it is returned. */
  readonly #names: readonly string[]
  readonly #fetches: readonly TfNode[]

  /** Throws what libtensorflow says against the graph. */
  constructor(graph: Lowered, binding: Binding) {
    this.#graph = graph
    this.#names = Object.keys(graph.outputs)
    this.#fetches = this.#names.length > 0 ? Object.values(graph.outputs) : [graph.stepped]
    const read = reachable(this.#fetches)
    this.#inputs = Object.entries(graph.inputs).filter(([, node]) => read.has(node))
    const setters = Object.values(graph.setters).map(({ done }) => done)
    this.#session = Session.open(binding, [...this.#fetches, ...Object.values(graph.getters), ...setters])
  }

  step(inputs: HostTensors): HostTensors {
    const feeds = this.#inputs.map(([name, node]) => [node, inputs[name]!] as const)
    const made = this.#session.run(feeds, this.#fetches)
    return Object.fromEntries(this.#names.map((name, i) => [name, made[i]!]))
  }

  read(names: readonly string[]): HostTensors {
    if (names.length === 0) return {}
    const made = this.#session.run(
      [],
      names.map((name) => this.#graph.getters[name]!),
    )
    return Object.fromEntries(names.map((name, i) => [name, made[i]!]))
  }

  write(state: HostTensors): void {
    const names = Object.keys(state)
    if (names.length === 0) return
    this.#session.run(
      names.map((name) => [this.#graph.setters[name]!.feed, state[name]!]),
      names.map((name) => this.#graph.setters[name]!.done),
    )
  }

  close(): void {
    this.#session.close()
  }
}
