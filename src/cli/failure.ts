import { CommanderError } from 'commander'
import { DfkError, EXIT } from '../work/errors.ts'

interface Failure {
  readonly message: string
  readonly hint?: string | undefined
  readonly exitCode: number
}

/** What the operating system says, for errors that no stage had a better word for. */
function systemFailure(error: unknown): Failure | undefined {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const hint = 'free some space and run the same command again'
    return { message: `expected room to write but the disk is full (${message})`, hint, exitCode: EXIT.failed }
  }
  if (code === 'EFBIG') {
    const hint = 'raise the limit (ulimit -f), or choose another disk'
    return { message: `expected to write a whole file but files may not grow so large here (${message})`, hint, exitCode: EXIT.failed }
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return { message: `no permission: ${message}`, hint: 'check who owns the file or choose another place', exitCode: EXIT.failed }
  }
  if (code === 'EMFILE' || code === 'ENFILE') {
    return { message: `too many files are open: ${message}`, hint: 'raise the limit (ulimit -n) and try again', exitCode: EXIT.failed }
  }
  return undefined
}

function usageFailure(error: CommanderError, path: string): Failure | undefined {
  if (error.exitCode === 0) return { message: '', exitCode: EXIT.ok }
  if (error.code === 'commander.help') return { message: '', exitCode: EXIT.usage }
  const message = error.message.replace(/^error: /, '').replace(/\n\(Did you mean (.*)\?\)/s, ' (did you mean $1?)')
  return { message, hint: `see: ${path} --help`, exitCode: EXIT.usage }
}

function failureOf(error: unknown, path: string, interrupted: boolean): Failure | undefined {
  if (error instanceof CommanderError) return usageFailure(error, path)
  if (error instanceof DfkError) return error
  const name = (error as Error | undefined)?.name
  if (interrupted && (name === 'AbortError' || name === 'TimeoutError')) return { message: 'interrupted', exitCode: EXIT.interrupted }
  return systemFailure(error)
}

/**
 * Prints an error on stderr and returns its exit code: one line and a hint for what the user can act on,
 * one line and the stack for a bug of ours. `path` is the command as typed so far, such as `dfk consent sign`.
 */
export function reportFailure(error: unknown, path: string, interrupted: boolean): number {
  const failure = failureOf(error, path, interrupted)
  if (failure === undefined) {
    const text = error instanceof Error ? error.stack : String(error)
    process.stderr.write(`dfk: unexpected error, which is a bug in dfk: ${text}\n`)
    if (error instanceof Error && error.cause instanceof Error) process.stderr.write(`  caused by: ${error.cause.stack}\n`)
    return EXIT.failed
  }
  if (failure.message !== '') process.stderr.write(`dfk: ${failure.message}\n`)
  if (failure.hint !== undefined) process.stderr.write(`  hint: ${failure.hint}\n`)
  return failure.exitCode
}
