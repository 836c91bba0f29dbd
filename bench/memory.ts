import { join } from 'node:path'
import { z } from 'zod'
import { openDevice, tf } from '../src/tensor/index.ts'
import { intend } from '../src/train/begin.ts'
import { trainRun } from '../src/train/train.ts'
import { defineBenchmark, type Row, SHARED } from './benchmark.ts'
import { demoHome, inScratchHome, requireThere } from './home.ts'

const PAIR = ['franck', 'cap12'] as const
const SAMPLE_MS = 2000
/** By then everything has been made once: memory grows with the first checkpoint and the first preview, and falls when what they took is reused. */
const SETTLED_AFTER_SAVES = 2

interface Sample {
  readonly atMs: number
  readonly rss: number
  readonly heapUsed: number
  readonly external: number
  readonly arrayBuffers: number
  readonly tensors: number
  /** Steps done by then. */
  readonly step: number
}

const KINDS = ['rss', 'heapUsed', 'external', 'arrayBuffers', 'tensors'] as const

function sampleNow(atMs: number, step: number): Sample {
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
  return { atMs, rss, heapUsed, external, arrayBuffers, tensors: tf.memory().numTensors, step }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

/** Medians of the first and the last quarter of the samples. */
function quarters(samples: readonly Sample[], kind: (typeof KINDS)[number]): { first: number; last: number } {
  const quarter = Math.max(1, Math.floor(samples.length / 4))
  const values = samples.map((sample) => sample[kind])
  return { first: median(values.slice(0, quarter)), last: median(values.slice(-quarter)) }
}

/** Resident memory in each tenth of the time, in MB: tells a step from a slope. */
function tenths(samples: readonly Sample[]): number[] {
  const slices = Array.from({ length: 10 }, (_, i) => samples.slice((i * samples.length) / 10, ((i + 1) * samples.length) / 10))
  return slices.map((slice) => Math.round(median(slice.map(({ rss }) => rss)) / 1e6))
}

function rowOf(kind: (typeof KINDS)[number], { first, last }: { first: number; last: number }): Row {
  const shown = (value: number) => (kind === 'tensors' ? `${value}` : `${(value / 1e6).toFixed(0)} MB`)
  const times = first === 0 ? '' : ` (${(last / first).toFixed(3)} times)`
  return [kind, `${shown(first)} in the first quarter, ${shown(last)} in the last${times}`]
}

/** Whether training takes more and more memory: with checkpoints, previews and all. */
export const memory = defineBenchmark({
  name: 'memory',
  summary: 'trains for some minutes and compares the memory of the last quarter with that of the first',
  options: z.object({
    minutes: z.number().positive().default(5).describe('how long to train'),
    preset: z.enum(['quick', 'standard', 'hq']).default('quick').describe('the network'),
    saveEvery: z.int().min(1).default(100).describe('steps between checkpoints, and between previews'),
    device: SHARED.device,
  }),
  async run({ minutes, preset, saveEvery, device: name }, signal) {
    const home = demoHome()
    await requireThere(PAIR.map((dataset) => join(home, 'datasets', dataset, 'aligned.jsonl')))
    return inScratchHome(home, PAIR, async (scratch) => {
      // Average and discriminator from the start: a phase that begins takes memory of its own, which says nothing of a leak.
      const training = { averageFrom: 0, adversarialFrom: 0 }
      const intent = await intend({ home: scratch, name: 'memory', source: PAIR[0], target: PAIR[1], preset, training })
      const device = await openDevice(name)
      const samples: Sample[] = []
      const totalMs = minutes * 60_000
      const startMs = performance.now()
      const onProgress = ({ note }: { note?: string }) => {
        const step = Number(/^step (\d+)/.exec(note ?? '')?.[1] ?? 0)
        const atMs = performance.now() - startMs
        if (atMs - (samples.at(-1)?.atMs ?? 0) >= SAMPLE_MS) samples.push(sampleNow(atMs, step))
      }
      const plan = { kind: 'minutes', totalMs } as const
      const { step } = await trainRun(intent, device, { plan, saveEvery, previewEvery: saveEvery, signal, onProgress })
      const settled = samples.filter((sample) => sample.step > SETTLED_AFTER_SAVES * saveEvery)
      const found = Object.fromEntries(KINDS.map((kind) => [kind, quarters(settled, kind)]))
      return {
        title: `memory of ${minutes} minutes of ${preset} on ${device.name}: ${step} steps, checkpoint and preview every ${saveEvery}`,
        rows: [...KINDS.map((kind) => rowOf(kind, found[kind]!)), ['rss by tenths of the time', `${tenths(samples).join(', ')} MB`]],
        figures: {
          preset,
          minutes,
          device: device.name,
          step,
          samples: settled.length,
          ...found,
          series: samples.map(({ atMs, step: at, rss, external }) => [
            Math.round(atMs / 1000),
            at,
            Math.round(rss / 1e6),
            Math.round(external / 1e6),
          ]),
          growth: found['rss']!.last / found['rss']!.first,
        },
      }
    })
  },
})
