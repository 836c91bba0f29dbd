/** Exit codes of the command line (CLI.md); `found`: what `dfk detect --fail-on` was to look for. */
export const EXIT = { ok: 0, failed: 1, usage: 2, refused: 3, found: 4, interrupted: 130 } as const

const HIDDEN = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** The text with control and direction characters spelled out, so that a file's name can neither break a line nor command a terminal. */
export function printable(text: string): string {
  return text.replace(HIDDEN, (mark) => {
    if (mark === '\n') return '\\n'
    const code = mark.codePointAt(0) ?? 0
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`
  })
}

/** An error that the user can act on: one line saying what was expected and found, and a hint for what to do next. */
export class DfkError extends Error {
  readonly exitCode: number
  readonly hint: string | undefined

  constructor(message: string, options: { hint?: string; exitCode?: number; cause?: unknown } = {}) {
    super(printable(message), options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'DfkError'
    this.hint = options.hint
    this.exitCode = options.exitCode ?? EXIT.failed
  }
}

/** The command line itself is wrong (exit code 2). */
export class UsageError extends DfkError {
  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { ...options, exitCode: EXIT.usage })
    this.name = 'UsageError'
  }
}

/** Consent or safety forbids it (exit code 3); `clause` names the part of the record that decided. */
export class RefusedError extends DfkError {
  readonly clause: string

  constructor(clause: string, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { ...options, exitCode: EXIT.refused })
    this.name = 'RefusedError'
    this.clause = clause
  }
}

/** The user stopped it, Ctrl-C or SIGTERM (exit code 130). */
export class InterruptedError extends DfkError {
  constructor(message = 'interrupted', options: { hint?: string } = {}) {
    super(message, { ...options, exitCode: EXIT.interrupted })
    this.name = 'InterruptedError'
  }
}

/** Throws InterruptedError when `signal` has been aborted. Call between units of work. */
export function checkInterrupted(signal: AbortSignal | undefined, hint?: string): void {
  if (signal?.aborted) throw new InterruptedError('interrupted', hint === undefined ? {} : { hint })
}
