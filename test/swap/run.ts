import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../bin/dfk.js', import.meta.url))

/** What a call of `dfk swap` came to. */
export interface Ended {
  readonly code: number | null
  readonly json: {
    readonly output: string
    readonly frames: number
    readonly swapped: number
    readonly fps: number
    readonly manifest: { readonly embedded: boolean; readonly state: string }
    readonly warnings: readonly string[]
  }[]
  readonly stderr: string
}

interface Calls {
  start(...args: string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> }
  swap(...args: string[]): Promise<Ended>
}

/** Calls of `dfk swap --json --quiet` in a folder, through bin/dfk.js. `env`: what else is in their environment; `before`: command that starts it. */
export function dfkSwap(home: string, env: Record<string, string> = {}, before: readonly string[] = []): Calls {
  const start: Calls['start'] = (...args) => {
    const [program, ...rest] = [...before, process.execPath, bin, 'swap', '--json', '--quiet', ...args]
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
      json: lines().map((line) => JSON.parse(line)),
      stderr,
    }))
    return { child, ended }
  }
  return { start, swap: (...args) => start(...args).ended }
}
