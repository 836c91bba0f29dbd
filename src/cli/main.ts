import { reportFailure } from './failure.ts'
import { runProgram } from './program.ts'

// stdout is for results alone, whatever a library has to say.
console.log = console.error
console.info = console.error

function crash(error: unknown): void {
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'EPIPE') return // nobody reads any more
  process.exit(reportFailure(error, 'dfk', false))
}
process.on('uncaughtException', crash)
process.on('unhandledRejection', crash)

process.exitCode = await runProgram(process.argv.slice(2))
