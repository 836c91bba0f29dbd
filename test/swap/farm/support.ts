import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Whether a Redis can be started here; without one, tests of queues have nothing to talk to. */
export const HAS_REDIS = spawnSync('redis-server', ['--version']).status === 0

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}

export interface TestRedis {
  readonly port: number
  stop(): Promise<void>
}

/** Starts a Redis that keeps nothing on disk. */
export async function startRedis(folder: string, password: string): Promise<TestRedis> {
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder]
  const child = spawn('redis-server', [...args, '--requirepass', password], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const data of child.stdout) if (String(data).includes('Ready to accept connections')) break
  return {
    port,
    async stop() {
      if (child.exitCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}
