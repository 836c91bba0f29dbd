import { DfkError } from '../work/errors.ts'

/** Runs jobs one after the other in the order they came, awaited or not: what they work on has one owner at a time. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()
  #ended = false

  /** Runs `job` when all earlier ones are done; after the last turn it is refused. */
  take<T>(job: () => Promise<T>): Promise<T> {
    const next = this.#last.then(() => {
      if (this.#ended) throw new DfkError('expected a live program but found one that was disposed of')
      return job()
    })
    this.#last = next.catch(() => undefined)
    return next
  }

  /** The last turn; asked for again when it was taken, it does nothing. */
  async end(job: () => Promise<void>): Promise<void> {
    if (this.#ended) return
    await this.take(() => {
      this.#ended = true
      return job()
    })
  }
}
