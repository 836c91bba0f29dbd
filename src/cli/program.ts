import { Command as CommanderCommand } from 'commander'
import type { z } from 'zod'
import type { Command } from '../commands/command.ts'
import { DfkError, EXIT } from '../work/errors.ts'
import { contextOf, type Globals } from './context.ts'
import { ENTRIES, type Entry } from './entries.ts'
import { reportFailure } from './failure.ts'
import { listenForInterrupts } from './interrupt.ts'
import { version } from './version.ts'

function exampleText(example: string): string {
  return `\nExample:\n  $ ${example.replaceAll('\n', '\n  $ ')}`
}

async function attach(parent: CommanderCommand, spec: Command, path: string, signal: AbortSignal): Promise<void> {
  const { bindOptions } = await import('./options.ts')
  const command = parent.command(spec.name).description(spec.summary).allowExcessArguments(false)
  for (const argument of spec.args) command.argument(argument.name, argument.help)
  const read = bindOptions(command, spec.options, path)
  command.option('--json', 'print results as JSON on stdout, one object a line')
  command.option('--quiet', 'print nothing on stderr but errors and warnings')
  if (spec.writes) command.option('--dry-run', 'say what would be done, write nothing')
  command.addHelpText('after', exampleText(spec.example))
  command.action(async (...received: unknown[]) => {
    const raw = command.opts<Globals & Record<string, unknown>>()
    const options = read(raw) as z.output<typeof spec.options>
    await spec.run(contextOf(raw, signal), received.slice(0, spec.args.length) as (string | string[] | undefined)[], options)
  })
}

/** The command line that was asked for, as far as it names commands: `dfk consent sign`. */
interface Asked {
  readonly program: CommanderCommand
  readonly path: string
}

async function buildProgram(argv: readonly string[], entries: readonly Entry[], signal: AbortSignal): Promise<Asked> {
  const program = new CommanderCommand('dfk')
    .description('GAN face swap for consented digital doubles')
    .version(version(), '-V, --version')
    .exitOverride()
    .configureOutput({ outputError() {} }) // failure.ts prints them, all in one form
    .configureHelp({ optionDescription: ({ description }) => description }) // options.ts says all that the schema knows
    .helpCommand('help [command...]', 'show the help of a command')
    .addHelpText('after', '\nStart with: dfk doctor')
  const words = argv.filter((word) => !word.startsWith('-'))
  let path = 'dfk'
  for (const entry of entries) {
    if (entry.name !== words[0]) {
      program.command(entry.name).description(entry.summary)
      continue
    }
    path = `dfk ${entry.name}`
    const loaded = await entry.load()
    if (!('commands' in loaded)) {
      await attach(program, loaded, path, signal)
      continue
    }
    const group = program
      .command(loaded.name)
      .description(loaded.summary)
      .helpCommand(false)
      .addHelpText('after', exampleText(loaded.example))
    for (const spec of loaded.commands) await attach(group, spec, `${path} ${spec.name}`, signal)
    if (loaded.commands.some(({ name }) => name === words[1])) path = `${path} ${words[1]}`
  }
  return { program, path }
}

/** `dfk help consent sign` is `dfk consent sign --help`; the help of an unknown command is the error that it is unknown. */
function expandHelp(argv: readonly string[], entries: readonly Entry[]): string[] {
  const line = argv[0] === 'help' && argv.length > 1 ? [...argv.slice(1), '--help'] : [...argv]
  const [first = '-'] = line
  return first.startsWith('-') || first === 'help' || entries.some(({ name }) => name === first) ? line : [first]
}

/** Runs one command line (without node and script) and returns the exit code of CLI.md. */
export async function runProgram(argv: readonly string[], entries: readonly Entry[] = ENTRIES): Promise<number> {
  const { signal, stop } = listenForInterrupts()
  let path = 'dfk'
  try {
    const line = expandHelp(argv, entries)
    const asked = await buildProgram(line, entries, signal)
    path = asked.path
    await asked.program.parseAsync(line, { from: 'user' })
    return signal.aborted ? EXIT.interrupted : EXIT.ok
  } catch (error) {
    const code = reportFailure(error, path, signal.aborted)
    return signal.aborted && !(error instanceof DfkError && error.exitCode === EXIT.refused) ? EXIT.interrupted : code
  } finally {
    stop()
  }
}
