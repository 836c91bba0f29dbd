import { EXIT, InterruptedError } from '../work/errors.ts'

const SHOW_CURSOR = '\x1b[?25h'
/** Signals within this time are one Ctrl-C. */
const SAME_MS = 1000

function leave(exitCode: number): never {
  // Bars hide the cursor and get no chance to show it again.
  if (process.stderr.isTTY) process.stderr.write(`${SHOW_CURSOR}\n`)
  process.exit(exitCode)
}

/**
 * The first Ctrl-C (or SIGTERM, or the end of the terminal) aborts the signal, so that stages stop at a safe point; the second one ends the process.
 * A reader that closes our stdout (`dfk … | head`) aborts it too, without a word.
 */
export function listenForInterrupts(): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController()
  let askedMs: number | undefined
  const interrupt = () => {
    if (askedMs !== undefined) {
      // One Ctrl-C can arrive twice: from the terminal and again from npm, npx or timeout.
      if (performance.now() - askedMs > SAME_MS) leave(EXIT.interrupted)
      return
    }
    askedMs = performance.now()
    process.stderr.write('\nstopping (once more to stop at once) …\n')
    controller.abort(new InterruptedError())
  }
  const onPipe = (error: NodeJS.ErrnoException) => {
    // EIO: the terminal is gone.
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
    controller.abort(new InterruptedError())
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  process.on('SIGHUP', interrupt)
  process.stdout.on('error', onPipe)
  process.stderr.on('error', onPipe)
  return {
    signal: controller.signal,
    stop() {
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', interrupt)
      process.off('SIGHUP', interrupt)
      process.stdout.off('error', onPipe)
      process.stderr.off('error', onPipe)
    },
  }
}
