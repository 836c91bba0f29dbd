import { hostname } from 'node:os'
import { z } from 'zod'
import { DfkError, EXIT, printable, UsageError } from '../../work/errors.ts'
import { NothingAskedError, NothingSwappedError } from '../nothing.ts'

const failureSchema = z.object({
  message: z.string(),
  hint: z.string().optional(),
  exitCode: z.union([z.literal(EXIT.failed), z.literal(EXIT.usage), z.literal(EXIT.refused)]),
  /** Nobody was replaced: in a folder the other files go on. */
  isEmpty: z.boolean().optional(),
  worker: z.string(),
})

/** Whether no other try would end better: what consent forbids, what is wrong with the request, a clip without the face. */
export function isFinal(error: unknown): boolean {
  if (error instanceof UsageError || error instanceof NothingSwappedError) return true
  return error instanceof DfkError && error.exitCode === EXIT.refused
}

/** A failure as the queue keeps it: what a user would have read on the worker. */
export function encodeFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const hint = error instanceof DfkError ? error.hint : undefined
  // Another command line that a worker does not take is nothing that whoever asked wrote.
  const isUsage = error instanceof NothingAskedError
  const isRefused = error instanceof DfkError && error.exitCode === EXIT.refused
  const exitCode = isUsage ? EXIT.usage : isRefused ? EXIT.refused : EXIT.failed
  return JSON.stringify({ message, hint, exitCode, isEmpty: error instanceof NothingSwappedError, worker: hostname() } satisfies z.input<
    typeof failureSchema
  >)
}

/** Text of others for a terminal, not without end. */
function plain(text: string, most = 1000): string {
  return printable(text.slice(0, most))
}

/** The error that a worker met, from what the queue kept. */
export function decodeFailure(text: string): DfkError {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  const parsed = failureSchema.safeParse(value)
  const again = 'run the same command again to go on with what is left'
  if (!parsed.success) {
    // BullMQ's own words for a job whose workers died under it.
    const reason = text.includes('stalled') ? 'its workers ended in the middle, each time' : plain(text)
    return new DfkError(`expected the queue to render all segments but one failed: ${reason}`, { hint: again })
  }
  const { message, hint, exitCode, isEmpty, worker } = parsed.data
  const Failure = isEmpty === true ? NothingSwappedError : DfkError
  return new Failure(`${plain(message)} (on ${plain(worker, 100)})`, { hint: hint === undefined ? again : plain(hint), exitCode })
}
