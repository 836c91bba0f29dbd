import { DfkError, InterruptedError, printable } from '../work/errors.ts'
import type { Context } from './command.ts'

interface Failed {
  readonly file: string
  readonly reason: string
  readonly error: DfkError
}

/** Names in the last line, at most: each had a line of its own. */
const NAMED = 3

/** Files of a run that could not be worked on: each gets a line at once, and does not end the run. */
export class Failures {
  readonly list: Failed[] = []
  readonly #context: Context
  #alone: boolean

  /** `alone`: whether there is a single file, whose failure is the run's. */
  constructor(context: Context, alone: boolean) {
    this.#context = context
    this.#alone = alone
  }

  /** There are several files after all, as in a folder. */
  notAlone(): void {
    this.#alone = false
  }

  /** Runs `body` for a file and returns what failed, which is also put down; a bug of ours with its stack. Interrupts are thrown. */
  async attempt(file: string, body: () => Promise<unknown>): Promise<Failed | undefined> {
    const { signal, warn } = this.#context
    try {
      await body()
      return undefined
    } catch (thrown) {
      if (signal.aborted || thrown instanceof InterruptedError) throw thrown
      const isOurs = !(thrown instanceof DfkError)
      const error = isOurs ? new DfkError(`unexpected error, which is a bug in dfk: ${String(thrown)}`, { cause: thrown }) : thrown
      const reason = error.message.includes(file) ? error.message : `${file}: ${error.message}`
      if (!this.#alone) warn(printable(reason))
      if (isOurs) warn(thrown instanceof Error ? (thrown.stack ?? reason) : reason)
      const failed = { file, reason: error.message, error }
      this.list.push(failed)
      return failed
    }
  }

  /** Throws DfkError where there was one. */
  finish(): void {
    const [first] = this.list
    if (first === undefined) return
    if (this.#alone) throw first.error
    const names = this.list.slice(0, NAMED).map(({ file }) => file)
    if (this.list.length > NAMED) names.push('…')
    throw new DfkError(`expected to examine every file but ${this.list.length} could not be: ${names.join(', ')}`, {
      hint: 'the others were; the reasons are above',
    })
  }
}
