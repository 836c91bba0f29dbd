import { mkdir, mkdtemp, open, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { type AlignedRecord, eachAligned, openDataset } from '../src/store/dataset.ts'
import { loadFaceset } from '../src/train/faceset.ts'
import { openFeed } from '../src/train/feed/feed.ts'
import { planFeed } from '../src/train/feed/plan.ts'
import { checkInterrupted } from '../src/work/errors.ts'
import { writeWhole } from '../src/work/whole.ts'
import { defineBenchmark } from './benchmark.ts'
import { demoHome } from './home.ts'
import { peakBytes, timed } from './sampling.ts'

/** As `quick` has it. */
const TRAINING = { light: 0.3, compression: 0.1, occluders: 0.1, evenness: 0.5 } as const

/** Opens a list of very many faces, which share the pictures of a small dataset, and draws batches from it. */
export const faceset = defineBenchmark({
  name: 'faceset',
  summary: 'opens a very large faceset and draws batches from it: seconds to start, memory, faces a second',
  options: z.object({
    dataset: z.string().default('cap12').describe('an aligned dataset of DFK_HOME, or of the demo, whose pictures stand for all'),
    faces: z.int().min(100).default(100_000).describe('faces of the large list'),
    size: z.int().min(32).default(64).describe('training size, px'),
    batch: z.int().min(1).default(4).describe('faces of each person in a step'),
    steps: z.int().min(1).default(200).describe('steps to draw'),
  }),
  async run({ dataset: name, faces, size, batch, steps }, signal) {
    const folder = await mkdtemp(join(tmpdir(), 'dfk-bench-'))
    try {
      await writeLarge(demoHome(), name, folder, faces, signal)
      let loaded: Awaited<ReturnType<typeof loadFaceset>> | undefined
      let feed: ReturnType<typeof openFeed> | undefined
      const before = process.cpuUsage()
      const openMs = await timed(async () => {
        loaded = await loadFaceset(await openDataset('', join(folder, 'large')), size, { signal })
      })
      const firstMs = await timed(async () => {
        const sides = { source: loaded!, target: loaded! }
        feed = openFeed(planFeed({ sizePx: size, batch, flip: false, seed: 1, training: TRAINING }, sides))
        await feed.take(0, 1, { strengthAt: () => 1 })
      })
      const { user, system } = process.cpuUsage(before)
      const drawMs = await timed(async () => {
        for (let step = 1; step <= steps; step += 1) {
          checkInterrupted(signal)
          await feed!.take(step, 1, { strengthAt: () => 1 })
        }
      })
      await feed!.close()
      const figures = {
        faces,
        startS: (openMs + firstMs) / 1000,
        startCpuS: (user + system) / 1e6,
        peakBytes: peakBytes(),
        msPerStep: drawMs / steps,
        facesPerS: (2000 * batch * steps) / drawMs,
      }
      return {
        title: `${faces} faces for ${size} px, ${batch} + ${batch} a step`,
        rows: [
          ['open the list', `${(openMs / 1000).toFixed(2).padStart(8)} s`],
          ['to the first batch', `${figures.startS.toFixed(2).padStart(8)} s`],
          ['… of the processor', `${figures.startCpuS.toFixed(2).padStart(8)} s`],
          ['peak memory of the process', `${(figures.peakBytes / 1e6).toFixed(0).padStart(8)} MB`],
          ['draw a step, nothing else running', `${figures.msPerStep.toFixed(1).padStart(8)} ms`],
        ],
        figures,
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
})

/** Writes a dataset whose list repeats another's, with the pictures where they are. */
async function writeLarge(home: string, name: string, folder: string, faces: number, signal: AbortSignal): Promise<void> {
  const small = await openDataset(home, name)
  const records: AlignedRecord[] = []
  await eachAligned(small, (record) => records.push(record), signal)
  await mkdir(join(folder, 'large'))
  await symlink(join(small.folder, 'aligned'), join(folder, 'large', 'aligned'), 'junction')
  const list = await open(join(folder, 'large', 'aligned.jsonl'), 'w')
  try {
    for (let from = 0; from < faces; from += 1000) {
      checkInterrupted(signal)
      const lines = Array.from({ length: Math.min(1000, faces - from) }, (_, i) => lineOf(records, from + i))
      await list.write(lines.join(''))
    }
  } finally {
    await list.close()
  }
  const aligned = { ...small.manifest.aligned!, count: faces }
  await writeWhole(join(folder, 'large', 'manifest.json'), JSON.stringify({ ...small.manifest, aligned }))
}

function lineOf(records: readonly AlignedRecord[], index: number): string {
  const record = records[index % records.length]!
  return `${JSON.stringify({ ...record, id: `f${index}`, frame: index, timeS: index / 25 })}\n`
}
