// Runs npm and node from Node, the same way on Linux, macOS and Windows.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../', import.meta.url))

/** Runs `node …args` in the repository root; exits with its code when it fails. */
export function node(args, options = {}) {
  finish(spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', ...options }), `node ${args.join(' ')}`)
}

/** Runs npm by its own JavaScript where npm started us, else by name. */
export function npm(args, options = {}) {
  const cli = process.env.npm_execpath
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', ...options.env }
  const settings = { cwd: root, stdio: 'inherit', ...options, env }
  const result = cli?.endsWith('.js')
    ? spawnSync(process.execPath, [cli, ...args], settings)
    : spawnSync('npm', args, { ...settings, shell: process.platform === 'win32' })
  finish(result, `npm ${args.join(' ')}`)
  return result
}

function finish(result, what) {
  if (result.error !== undefined) {
    console.error(`could not start: ${what} (${result.error.message})`)
    process.exit(1)
  }
  if (result.status !== 0) {
    if (result.stderr) process.stderr.write(result.stderr)
    console.error(`failed: ${what}${result.signal ? ` (${result.signal})` : ''}`)
    process.exit(result.status ?? 1)
  }
}
