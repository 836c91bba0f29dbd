import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../bin/dfk.js', import.meta.url))

/** What a call of `dfk --json` came to; `T`: a line of its output. */
export interface Ended<T = Record<string, unknown>> {
  readonly code: number | null
  readonly json: T[]
  readonly stderr: string
  readonly all: string
}

export interface Running<T = Record<string, unknown>> {
  readonly child: ChildProcess
  /** What it wrote on stderr so far. */
  said(): string
  readonly ended: Promise<Ended<T>>
}

/** Starts `dfk` with `--json` in a folder, through bin/dfk.js. `env`: what else is in its environment; `before`: command that starts it. */
export function startDfk<T = Record<string, unknown>>(
  home: string,
  args: readonly string[],
  env: Record<string, string> = {},
  before: readonly string[] = [],
): Running<T> {
  const [program, ...rest] = [...before, process.execPath, bin, ...args, '--json']
  const child = spawn(program!, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, DFK_HOME: home, ...env } })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data) => {
    stdout += data
  })
  child.stderr.on('data', (data) => {
    stderr += data
  })
  const lines = () => stdout.split('\n').filter((line) => line !== '')
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    json: lines().map((line) => JSON.parse(line) as T),
    stderr,
    all: stdout + stderr,
  }))
  return { child, said: () => stderr, ended }
}
