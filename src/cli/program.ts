import { resolve } from 'node:path'
import { Command as CommanderCommand, CommanderError } from 'commander'
import type { z } from 'zod'
import type { Command, CommandGroup, Context } from '../commands/command.ts'
import { DfkError, EXIT, InterruptedError } from '../work/errors.ts'
import { withBar } from './bars.ts'
import { bindOptions } from './options.ts'
import { version } from './version.ts'

interface Entry {
  readonly name: string
  readonly summary: string
  load(): Promise<Command | CommandGroup>
}

/** Commands load when they are called: `dfk --version` must not wait for a tensor library. */
const ENTRIES: readonly Entry[] = [
  { name: 'doctor', summary: 'say what works here and what is missing', load: async () => (await import('../commands/doctor.ts')).doctor },
  {
    name: 'consent',
    summary: 'write, sign, check and revoke consent records',
    load: async () => (await import('../commands/consent.ts')).consent,
  },
  { name: 'collect', summary: "find a person's faces in footage", load: async () => (await import('../commands/collect.ts')).collect },
  { name: 'align', summary: 'turn a dataset into an aligned faceset', load: async () => (await import('../commands/align.ts')).align },
  { name: 'train', summary: 'train a double: generator and discriminator', load: async () => (await import('../commands/train.ts')).train },
  {
    name: 'swap',
    summary: 'render the double into a clip, an image or a folder',
    load: async () => (await import('../commands/swap.ts')).swap,
  },
  { name: 'detect', summary: 'score files for evidence of manipulation', load: async () => (await import('../commands/detect.ts')).detect },
  { name: 'score', summary: 'measure how good a swap is', load: async () => (await import('../commands/score.ts')).score },
  {
    name: 'export',
    summary: 'write the generator for other tools',
    load: async () => (await import('../commands/export.ts')).exportCommand,
  },
]

interface Globals {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly dryRun?: boolean
}

function contextOf(globals: Globals, signal: AbortSignal): Context {
  const quiet = globals.quiet === true
  return {
    json: globals.json === true,
    quiet,
    dryRun: globals.dryRun === true,
    signal,
    home: resolve(process.env['DFK_HOME'] || '.'),
    result(value, text) {
      process.stdout.write(`${globals.json === true ? JSON.stringify(value) : text}\n`)
    },
    note(text) {
      if (!quiet) process.stderr.write(`${text}\n`)
    },
    warn(text) {
      process.stderr.write(`warning: ${text}\n`)
    },
    work: (title, body) => withBar(title, quiet, signal, body),
  }
}

function attach(parent: CommanderCommand, spec: Command, signal: AbortSignal): void {
  const command = parent.command(spec.name).description(spec.summary).exitOverride().allowExcessArguments(false)
  for (const argument of spec.args) command.argument(argument.name, argument.help)
  const read = bindOptions(command, spec.options)
  command.option('--json', 'print results as JSON on stdout, one object a line')
  command.option('--quiet', 'print nothing on stderr but errors and warnings')
  if (spec.writes) command.option('--dry-run', 'say what would be done, write nothing')
  command.addHelpText('after', `\nExample:\n  $ ${spec.example.replaceAll('\n', '\n  $ ')}`)
  command.action(async (...received: unknown[]) => {
    const raw = command.opts<Globals & Record<string, unknown>>()
    const options = read(raw) as z.output<typeof spec.options>
    await spec.run(contextOf(raw, signal), received.slice(0, spec.args.length) as (string | string[] | undefined)[], options)
  })
}

async function buildProgram(argv: readonly string[], signal: AbortSignal): Promise<CommanderCommand> {
  const program = new CommanderCommand('dfk')
    .description('GAN face swap for consented digital doubles')
    .version(version(), '-V, --version')
    .exitOverride()
    .showHelpAfterError('(see: dfk --help)')
  const asked = argv.find((word) => !word.startsWith('-'))
  for (const entry of ENTRIES) {
    if (entry.name !== asked && !(asked === 'help' && argv.includes(entry.name))) {
      program.command(entry.name).description(entry.summary)
      continue
    }
    const loaded = await entry.load()
    if (!('commands' in loaded)) {
      attach(program, loaded, signal)
      continue
    }
    const group = program.command(loaded.name).description(loaded.summary).exitOverride()
    for (const spec of loaded.commands) attach(group, spec, signal)
  }
  return program
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof DfkError) {
    process.stderr.write(`dfk: ${error.message}\n`)
    if (error.hint !== undefined) process.stderr.write(`  hint: ${error.hint}\n`)
    return error.exitCode
  }
  const code = (error as NodeJS.ErrnoException)?.code
  if (code === 'ENOSPC') {
    process.stderr.write(
      `dfk: expected room to write but the disk is full (${(error as Error).message})\n  hint: free some space and run the same command again\n`,
    )
    return EXIT.failed
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    process.stderr.write(`dfk: no permission: ${(error as Error).message}\n  hint: check who owns the file or choose another place\n`)
    return EXIT.failed
  }
  process.stderr.write(`dfk: unexpected error, which is a bug in dfk: ${error instanceof Error ? error.stack : String(error)}\n`)
  return EXIT.failed
}

/** Runs one command line (without node and script) and returns the exit code. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  const controller = new AbortController()
  let signals = 0
  const stop = () => {
    signals += 1
    controller.abort(new InterruptedError())
    if (signals === 1) process.stderr.write('\nstopping (once more to stop at once) …\n')
    else process.exit(EXIT.interrupted)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  try {
    const program = await buildProgram(argv, controller.signal)
    await program.parseAsync([...argv], { from: 'user' })
    return controller.signal.aborted ? EXIT.interrupted : EXIT.ok
  } catch (error) {
    const code = report(error)
    return controller.signal.aborted && !(error instanceof DfkError && error.exitCode === EXIT.refused) ? EXIT.interrupted : code
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}
