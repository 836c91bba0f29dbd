import { vi } from 'vitest'
import { runProgram } from '../../src/cli/program.ts'

/** What a call of `dfk` in this process came to. */
interface EndedHere {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `dfk` in this process, which spares what starting one takes; one at a time. `env`: what else is in its environment. */
export async function dfkHere(home: string, args: readonly string[], env: Record<string, string> = {}): Promise<EndedHere> {
  const out = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      out[name] += text
      return true
    }),
  )
  for (const [name, value] of Object.entries({ ...env, DFK_HOME: home })) vi.stubEnv(name, value)
  try {
    return { code: await runProgram(args), ...out }
  } finally {
    vi.unstubAllEnvs()
    for (const spy of spies) spy.mockRestore()
  }
}
