import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkInterrupted, DfkError, EXIT } from '../src/work/errors.ts'

export const ROOT = fileURLToPath(new URL('../', import.meta.url))

/** How a script of this checkout ended, and what it printed. */
interface Ended {
  readonly code: number
  readonly stdout: string
  /** Empty where it went to our own. */
  readonly stderr: string
}

/** Runs a TypeScript file of this checkout in a process of its own, which ends when the signal says so. Throws when interrupted. */
export async function runScript(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  stderr: 'pipe' | 'inherit',
  signal: AbortSignal,
): Promise<Ended> {
  checkInterrupted(signal)
  const tsx = join(ROOT, 'node_modules', 'tsx', 'dist', 'cli.mjs')
  const child = spawn(process.execPath, [tsx, join(ROOT, file), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', stderr],
  })
  const stop = () => child.kill('SIGTERM')
  signal.addEventListener('abort', stop)
  const printed = { stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    printed.stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    printed.stderr += text
  })
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject).on('close', (status) => resolve(status ?? EXIT.interrupted))
  })
  signal.removeEventListener('abort', stop)
  checkInterrupted(signal)
  return { code, ...printed }
}

/**
 * Runs a command of this checkout as a user would, `dfk …args --json` with DFK_HOME set to `home`, and returns the last object that it prints.
 * Its progress goes to stderr. Throws DfkError where it fails.
 */
export async function runDfk(home: string, args: readonly string[], signal: AbortSignal): Promise<unknown> {
  const { code, stdout } = await runScript('src/cli/main.ts', [...args, '--json'], { DFK_HOME: home }, 'inherit', signal)
  const last = stdout.trim().split('\n').at(-1)
  if (code !== EXIT.ok || last === undefined || last === '') {
    throw new DfkError(`expected dfk ${args[0]} to succeed but it ended with exit code ${code}`)
  }
  return JSON.parse(last)
}
