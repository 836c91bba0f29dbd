import { resolve } from 'node:path'
import type { Context } from '../commands/command.ts'
import { withBar } from './bars.ts'

/** The options that every command has. */
export interface Globals {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly dryRun?: boolean
}

/** Clears the line that a bar or spinner is on; it draws itself again below what gets printed. */
function clearBar(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
}

/** What a command gets: results on stdout, everything else on stderr. */
export function contextOf(globals: Globals, signal: AbortSignal): Context {
  const quiet = globals.quiet === true
  const json = globals.json === true
  return {
    json,
    quiet,
    dryRun: globals.dryRun === true,
    signal,
    home: resolve(process.env['DFK_HOME'] || '.'),
    result(value, text) {
      if (process.stdout.isTTY) clearBar()
      process.stdout.write(`${json ? JSON.stringify(value) : text}\n`)
    },
    note(text) {
      if (quiet) return
      clearBar()
      process.stderr.write(`${text}\n`)
    },
    warn(text) {
      clearBar()
      process.stderr.write(`warning: ${text}\n`)
    },
    work: (title, body) => withBar(title, quiet, signal, body),
  }
}
