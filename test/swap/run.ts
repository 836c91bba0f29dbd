import { type Ended, type Running, startDfk } from '../support/dfk.ts'

interface Swapped {
  readonly output: string
  readonly frames: number
  readonly earlier?: number
  readonly swapped: number
  readonly fps: number
  readonly manifest: { readonly embedded: boolean; readonly state: string }
  readonly warnings: readonly string[]
}

interface Calls {
  start(...args: string[]): Running<Swapped>
  swap(...args: string[]): Promise<Ended<Swapped>>
}

/** Calls of `dfk swap --json --quiet` in a folder, through bin/dfk.js. `env`: what else is in their environment; `before`: command that starts it. */
export function dfkSwap(home: string, env: Record<string, string> = {}, before: readonly string[] = []): Calls {
  const start: Calls['start'] = (...args) => startDfk(home, ['swap', '--quiet', ...args], env, before)
  return { start, swap: (...args) => start(...args).ended }
}
