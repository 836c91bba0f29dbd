import type { z } from 'zod'
import type { Work } from '../work/progress.ts'

/** What a command gets from the command line besides its own arguments and options. */
export interface Context {
  readonly json: boolean
  readonly quiet: boolean
  readonly dryRun: boolean
  readonly signal: AbortSignal
  /** Folder that holds `datasets/` and `checkpoints/`: DFK_HOME, or the working directory. */
  readonly home: string
  /** Prints a result on stdout: `value` as one JSON line with --json, else `text`. */
  result(value: object, text: string): void
  /** Prints a remark on stderr, unless --quiet. */
  note(text: string): void
  /** Prints a warning on stderr, even with --quiet. */
  warn(text: string): void
  /** Runs one piece of long work under a progress bar titled `title`, passing it the signal and the bar. */
  work<T>(title: string, body: (work: Work) => Promise<T>): Promise<T>
}

interface ArgumentSpec {
  /** As commander writes it: `<clip>`, `[dataset]`, `<inputs...>`. */
  readonly name: string
  readonly help: string
}

/**
 * One subcommand. The zod schema states each flag once: its key gives the flag (`minFace` → `--min-face`),
 * `.describe()` its help, `.default()` its default; `.meta({ flag: '-o, --output <file>' })` overrides the flag.
 */
export interface Command<S extends z.ZodObject = z.ZodObject> {
  readonly name: string
  readonly summary: string
  readonly args: readonly ArgumentSpec[]
  readonly options: S
  readonly example: string
  /** Whether it writes files, and so has --dry-run. */
  readonly writes: boolean
  /** `args` holds one entry an argument of the spec; a variadic one is an array of strings. */
  run(context: Context, args: readonly (string | string[] | undefined)[], options: z.output<S>): Promise<void>
}

/** A command that only groups others, such as `dfk consent`. */
export interface CommandGroup {
  readonly name: string
  readonly summary: string
  /** A command line of each step that is usual, a line each. */
  readonly example: string
  readonly commands: readonly Command[]
}

/** Keeps the option types of a command through inference. */
export function defineCommand<S extends z.ZodObject>(command: Command<S>): Command {
  return command as unknown as Command
}
