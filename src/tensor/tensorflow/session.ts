import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DfkError } from '../../work/errors.ts'
import type { HostTensor } from '../types.ts'
import type { Binding } from './binding.ts'
import type { TfNode } from './graph.ts'
import { savedModelOf, TAG } from './savedModel.ts'

/** A node as the session knows it, without the graph that it stands in. */
export interface Port {
  readonly name: string
  /** Type of its first output, TensorFlow's number. */
  readonly dtype: number | undefined
}

export const portOf = ({ name, outputs }: TfNode): Port => ({ name, dtype: outputs[0]?.dtype })

/** A graph loaded into libtensorflow, with variables that last until it is closed. */
export class Session {
  readonly #binding: Binding
  #id: number | undefined

  private constructor(binding: Binding, id: number) {
    this.#binding = binding
    this.#id = id
  }

  /** Loads all that `roots` need. Throws what libtensorflow says against the graph. */
  static open(binding: Binding, roots: readonly TfNode[]): Session {
    const folder = mkdtempSync(join(tmpdir(), 'dfk-tensorflow-'))
    try {
      writeFileSync(join(folder, 'saved_model.pb'), savedModelOf(roots))
      return new Session(binding, binding.loadSavedModel(folder, TAG))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  /** Feeds placeholders and returns the first outputs of `fetches`. */
  run(feeds: readonly (readonly [Port, HostTensor])[], fetches: readonly Port[]): HostTensor[] {
    if (this.#id === undefined) throw new DfkError('expected a program in use but found it disposed of')
    const ids = feeds.map(([port, tensor]) => this.#upload(port, tensor))
    try {
      const made = this.#binding.runSavedModel(this.#id, ids, namesOf(feeds.map(([port]) => port)), namesOf(fetches))
      const host = made.map(({ id, shape }) => ({ data: this.#binding.tensorDataSync(id), shape }))
      for (const { id } of made) this.#binding.deleteTensor(id)
      return host
    } catch (cause) {
      throw new DfkError(`expected libtensorflow to run the program but it says: ${(cause as Error).message}`, { cause })
    } finally {
      for (const id of ids) this.#binding.deleteTensor(id)
    }
  }

  close(): void {
    if (this.#id !== undefined) this.#binding.deleteSavedModel(this.#id)
    this.#id = undefined
  }

  /** The tensor in libtensorflow's own memory: what lies in JavaScript's must not be let go of by a session's thread. */
  #upload(port: Port, { data, shape }: HostTensor): number {
    const dtype = port.dtype!
    const shared = this.#binding.createTensor(shape, dtype, data)
    try {
      return this.#binding.executeOp('DeepCopy', [{ name: 'T', type: this.#binding.TF_ATTR_TYPE, value: dtype }], [shared], 1)[0]!.id
    } finally {
      this.#binding.deleteTensor(shared)
    }
  }
}

const namesOf = (ports: readonly Port[]): string => ports.map(({ name }) => `${name}:0`).join()
