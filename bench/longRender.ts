import { swapScaled } from './scaledSwap.ts'

/** Renders a clip made of another one, as a process of its own: home, run, the clip that records know, the clip made of it. Says on stderr how far it is. */
const [home, run, from, clip] = process.argv.slice(2) as [string, string, string, string]
const controller = new AbortController()
process.on('SIGTERM', () => controller.abort())
try {
  await swapScaled(home, run, from, clip, 'cpu', controller.signal, ({ done }) => process.stderr.write(`rendered ${done}\n`))
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
