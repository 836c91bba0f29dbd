import { vi } from 'vitest'
import { runProgram } from '../../src/cli/program.ts'

/** What a call of `dfk` in this process came to. */
interface EndedHere {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

interface Place {
  /** What else is in its environment. */
  readonly env?: Record<string, string>
  /** Its working directory; default: this process's own. */
  readonly folder?: string
}

/** Runs `dfk` in this process, which spares what starting one takes; one at a time. */
export async function dfkHere(home: string, args: readonly string[], { env = {}, folder = '.' }: Place = {}): Promise<EndedHere> {
  const out = { stdout: '', stderr: '' }
  const before = process.cwd()
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      out[name] += text
      return true
    }),
  )
  for (const [name, value] of Object.entries({ ...env, DFK_HOME: home })) vi.stubEnv(name, value)
  process.chdir(folder)
  try {
    return { code: await runProgram(args), ...out }
  } finally {
    process.chdir(before)
    vi.unstubAllEnvs()
    for (const spy of spies) spy.mockRestore()
  }
}
