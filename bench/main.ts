import { parseArgs } from 'node:util'
import type { DeviceName } from '../src/tensor/index.ts'
import { benchTrainStep } from './trainStep.ts'

const USAGE = `usage: npm run bench -- train-step [options]

  train-step   a training step of DESIGN.md's autoencoder (11.4 M parameters, 64 px, batch 8, Adam)

  --preset autoencoder                   the network to train (default: autoencoder)
  --device auto|cpu|webgpu|cuda|tensorflow   where it runs (default: cpu)
  --python PATH                          an interpreter with torch: measured in turn with ours, and the ratio printed last
  --threads N                            for both (default: all cores)
  --rounds N                             of 16 + 8 of our steps and 8 of the peer's (default: 5)
`

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`expected --${name} as a whole number from 1 but found "${text}"`)
  return value
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      preset: { type: 'string', default: 'autoencoder' },
      device: { type: 'string', default: 'cpu' },
      python: { type: 'string' },
      threads: { type: 'string' },
      rounds: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(USAGE)
    return
  }
  if (positionals.join() !== 'train-step') throw new Error(`expected a benchmark (train-step) but found "${positionals.join(' ')}"`)
  if (values.preset !== 'autoencoder') throw new Error(`expected --preset autoencoder but found "${values.preset}"`)
  const threads = positive('threads', values.threads)
  const result = await benchTrainStep({
    device: values.device as DeviceName | 'auto',
    rounds: positive('rounds', values.rounds) ?? 5,
    ...(values.python !== undefined && { python: values.python }),
    ...(threads !== undefined && { threads }),
  })
  print(result)
}

function print(result: Awaited<ReturnType<typeof benchTrainStep>>): void {
  const rows: [string, number][] = [
    [`dfk, ${result.device}, many steps a run`, result.runManyMs],
    [`dfk, ${result.device}, one step a run`, result.runMs],
    ...(result.peer === undefined ? [] : [[`${result.peer}, eager, channels-last, fused Adam`, result.peerMs!] as [string, number]]),
  ]
  process.stderr.write(`training step, ${result.preset}, ${result.threads} threads, median ms\n`)
  for (const [name, ms] of rows) process.stderr.write(`  ${name.padEnd(56)}${ms.toFixed(1).padStart(8)}\n`)
  process.stdout.write(`${JSON.stringify(result)}\n`)
  if (result.peerMs !== undefined) process.stdout.write(`ratio ${(result.peerMs / result.runManyMs).toFixed(2)}\n`)
}

main().catch((error: Error) => {
  process.stderr.write(`error: ${error.message}\n${USAGE}`)
  process.exitCode = 2
})
