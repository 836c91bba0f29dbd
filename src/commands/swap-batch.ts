import { NothingSwappedError } from '../swap/nothing.ts'
import type { Job } from '../swap/output.ts'
import { DfkError, EXIT } from '../work/errors.ts'
import type { Context } from './command.ts'

/** Files of a folder, one after the other: what is wrong with one of them stops nobody else. A file that was named outright has nobody else. */
export class Batch {
  readonly #context: Context
  readonly #folder: string | undefined
  #made = 0
  #left = 0
  #withoutFace = 0
  #empty: NothingSwappedError | undefined

  /** `folder`: undefined for a file. */
  constructor(context: Context, folder: string | undefined) {
    this.#context = context
    this.#folder = folder
  }

  /** Whether anything came out. */
  get hasMade(): boolean {
    return this.#made > 0
  }

  /** Does something with each file and returns those with which it went well. Throws what no other file would mend: a wrong command line, a refusal, an interrupt. */
  async each(jobs: readonly Job[], body: (job: Job) => Promise<void>): Promise<Job[]> {
    const well: Job[] = []
    for (const job of jobs) {
      try {
        await body(job)
        well.push(job)
      } catch (error) {
        // A picture without the face is none of the folder's faults, somebody else's face in it neither.
        const isEmpty = error instanceof NothingSwappedError
        if (this.#folder === undefined || !(error instanceof DfkError) || (error.exitCode !== EXIT.failed && !isEmpty)) throw error
        this.#context.warn(`left out: ${error.message}`)
        if (isEmpty) {
          this.#empty = error
          this.#withoutFace += 1
        } else this.#left += 1
      }
    }
    return well
  }

  /** Says that files came out. */
  add(made: number): void {
    this.#made += made
  }

  /** Throws DfkError where files were left out, or none came out. */
  finish(): void {
    if (this.#left > 0)
      throw new DfkError(`expected to render all of ${this.#folder} but left out ${this.#left} of its files`, {
        hint: `the warnings say why; rendered: ${this.#made}${this.#withoutFace > 0 ? `, without the face to replace: ${this.#withoutFace}` : ''}`,
      })
    if (this.#made === 0 && this.#empty !== undefined) throw this.#empty
  }
}
