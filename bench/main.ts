import { listenForInterrupts } from '../src/cli/interrupt.ts'
import { runNamed } from './program.ts'

// stdout is for results alone, whatever a library has to say.
console.log = console.error
console.info = console.error

const { signal, stop } = listenForInterrupts()
try {
  process.exitCode = await runNamed(process.argv.slice(2), signal)
} finally {
  stop()
}
