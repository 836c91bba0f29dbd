import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkInterrupted, DfkError, EXIT } from '../src/work/errors.ts'

export const ROOT = fileURLToPath(new URL('../', import.meta.url))

/**
 * Runs a command of this checkout as a user would, `dfk …args --json` with DFK_HOME set to `home`, and returns the last object that it prints.
 * Its progress goes to stderr. Throws DfkError where it fails.
 */
export async function runDfk(home: string, args: readonly string[], signal: AbortSignal): Promise<unknown> {
  checkInterrupted(signal)
  const tsx = join(ROOT, 'node_modules', 'tsx', 'dist', 'cli.mjs')
  const child = spawn(process.execPath, [tsx, join(ROOT, 'src', 'cli', 'main.ts'), ...args, '--json'], {
    env: { ...process.env, DFK_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const stop = () => child.kill('SIGTERM')
  signal.addEventListener('abort', stop)
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject).on('close', (status) => resolve(status ?? EXIT.interrupted))
  })
  signal.removeEventListener('abort', stop)
  checkInterrupted(signal)
  const last = printed.trim().split('\n').at(-1)
  if (code !== EXIT.ok || last === undefined || last === '') {
    throw new DfkError(`expected dfk ${args[0]} to succeed but it ended with exit code ${code}`)
  }
  return JSON.parse(last)
}
