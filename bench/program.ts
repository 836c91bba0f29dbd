import { Command, CommanderError } from 'commander'
import { bindOptions } from '../src/cli/options.ts'
import { DfkError, EXIT } from '../src/work/errors.ts'
import { type Benchmark, runBenchmark } from './benchmark.ts'
import { detect } from './detect.ts'
import { devices } from './devices.ts'
import { faceset } from './faceset.ts'
import { infer } from './infer.ts'
import { kills } from './kills.ts'
import { memory } from './memory.ts'
import { occlusion } from './occlusion.ts'
import { quality } from './quality.ts'
import { swap } from './swap.ts'
import { swapKills } from './swapKills.ts'
import { swapMemory } from './swapMemory.ts'
import { trainStep } from './trainStep.ts'
import { watermark } from './watermark.ts'

const BENCHMARKS: readonly Benchmark[] = [
  trainStep,
  devices,
  infer,
  swap,
  swapKills,
  swapMemory,
  quality,
  faceset,
  kills,
  memory,
  watermark,
  detect,
  occlusion,
]
const PROGRAM = 'npm run bench --'

const DETAILS = `
A table goes to stderr, JSON to stdout, and where there is a peer, last a line "ratio 1.07": our speed divided by the peer's in the
same run, above 1 is faster. Close everything else that computes: a busy machine slows the two down by different factors.`

function attach(program: Command, benchmark: Benchmark, signal: AbortSignal): Command {
  const command = program.command(benchmark.name).description(benchmark.summary).allowExcessArguments(false)
  const read = bindOptions(command, benchmark.options, `${PROGRAM} ${benchmark.name}`)
  command.action(() => runBenchmark(benchmark, read(command.opts()), signal))
  return command
}

/** Every benchmark with its options, as `--help` shows them. */
function fullHelp(commands: readonly Command[]): string {
  const each = commands.map((command) => {
    const help = command.createHelp()
    const options = command.options.map((option) => `  ${help.optionTerm(option).padEnd(26)} ${option.description}\n`)
    return `\n${command.name()}: ${command.description()}\n${options.join('')}`
  })
  return `${each.join('')}${DETAILS}`
}

function buildProgram(signal: AbortSignal): Command {
  const program = new Command(PROGRAM)
    .description('measures speed and quality, beside a peer in the same run where there is one')
    .usage('<benchmark> [options]')
    .exitOverride()
    .configureOutput({ outputError() {} }) // reportFailure prints them, all in one form
    .configureHelp({ optionDescription: ({ description }) => description, visibleCommands: () => [] })
    .helpCommand(false)
    .allowExcessArguments()
  const commands = BENCHMARKS.map((benchmark) => attach(program, benchmark, signal))
  const names = BENCHMARKS.map(({ name }) => name).join(', ')
  return program.addHelpText('after', fullHelp(commands)).action(() => {
    const [found] = program.args
    throw new DfkError(`expected a benchmark (${names}) but found ${found === undefined ? 'none' : `"${found}"`}`, {
      exitCode: EXIT.usage,
      hint: `see: ${PROGRAM} --help`,
    })
  })
}

/** One line on stderr, and the exit code. */
function reportFailure(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
  const { message, hint, exitCode } =
    error instanceof CommanderError
      ? { message: error.message.replace(/^error: /, '').replaceAll('\n', ' '), hint: `see: ${PROGRAM} --help`, exitCode: EXIT.usage }
      : error instanceof DfkError
        ? error
        : { message: `unexpected error: ${error instanceof Error ? error.stack : String(error)}`, hint: undefined, exitCode: EXIT.failed }
  process.stderr.write(`bench: ${message}${hint === undefined ? '' : ` (${hint})`}\n`)
  return exitCode
}

/** Runs the benchmark that the arguments name, and returns the exit code; what went wrong is one line on stderr. */
export async function runNamed(args: readonly string[], signal: AbortSignal): Promise<number> {
  try {
    await buildProgram(signal).parseAsync(args, { from: 'user' })
    return EXIT.ok
  } catch (error) {
    return reportFailure(error)
  }
}
