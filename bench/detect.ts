import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { examineFile } from '../src/detect/examine.ts'
import { type OpenExaminer, openExaminer } from '../src/detect/open.ts'
import { findFfmpeg } from '../src/media/index.ts'
import { Clock } from '../src/work/clock.ts'
import { DfkError } from '../src/work/errors.ts'
import { defineBenchmark, type Row, SHARED } from './benchmark.ts'
import { runDfk } from './dfk.ts'
import { samplePath } from './pair.ts'
import { medianOf, timed } from './sampling.ts'

/** Photographs of 1920 px with three to five faces. */
function photographs(): string[] {
  const demo = join(dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')), 'demo')
  return Array.from({ length: 6 }, (_, i) => join(demo, `sample${i + 1}.jpg`))
}

/** Makes a file of a sample clip, and returns where it is. */
async function make(file: string, before: readonly string[], clip: string, after: readonly string[]): Promise<string> {
  const { path } = await findFfmpeg()
  const { status } = spawnSync(path, ['-v', 'error', '-y', ...before, '-i', samplePath(clip), ...after, file])
  if (status !== 0) throw new DfkError(`expected ffmpeg to make ${file} but it ended with ${String(status)}`)
  return file
}

/** A minute of 720p. */
function makeClip(folder: string): Promise<string> {
  const shape = ['-t', '60', '-an', '-vf', 'scale=1280:720', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-preset', 'veryfast']
  return make(join(folder, 'minute.mp4'), ['-stream_loop', '2'], 'cap13_edit2.mp4', shape)
}

/** A photograph of 1080p with one face. */
function makePortrait(folder: string): Promise<string> {
  return make(join(folder, 'portrait.jpg'), [], 'franck.mp4', ['-frames:v', '1', '-vf', 'scale=1920:1080', '-q:v', '2'])
}

/** Medians of what each kind of work takes a file, ms, by kind, and of all together. */
async function stages(
  files: readonly string[],
  rounds: number,
  examiner: OpenExaminer,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const taken = new Map<string, number[]>()
  for (let round = -1; round < rounds; round += 1) {
    for (const file of files) {
      const clock = new Clock()
      const ms = await timed(() => examineFile(file, examiner, { frames: 32, clock, signal }))
      if (round < 0) continue // warming up
      for (const [kind, value] of [...clock.ms, ['all', ms] as const]) taken.set(kind, [...(taken.get(kind) ?? []), value])
    }
  }
  return Object.fromEntries([...taken].map(([kind, values]) => [kind, medianOf(values)]))
}

/** How long `dfk detect` takes a still and a clip, and with what. */
export const detect = defineBenchmark({
  name: 'detect',
  summary: 'dfk detect on photographs and on a minute of 720p: the time a file, and what it goes into',
  options: z.object({
    device: SHARED.device,
    rounds: z.int().min(1).default(5).describe('how often each photograph is examined'),
  }),
  async run({ device, rounds }, signal) {
    const folder = await mkdtemp(join(tmpdir(), 'dfk-bench-'))
    const examiner = await openExaminer(device, true)
    try {
      const stills = photographs()
      const still = await stages(stills, rounds, examiner, signal)
      const portrait = await stages([await makePortrait(folder)], 3 * rounds, examiner, signal)
      const clip = await stages([await makeClip(folder)], 1, examiner, signal)
      const coldMs = await timed(() => runDfk(folder, ['detect', stills[0]!, '--quiet', '--device', device], signal))
      const row = (what: string, ms: number): Row => [what, `${ms.toFixed(0)} ms`]
      return {
        title: 'dfk detect, medians',
        rows: [
          ...Object.entries(still).map(([kind, ms]) => row(`a photograph of 1920 px, 3 to 5 faces: ${kind}`, ms)),
          ...Object.entries(portrait).map(([kind, ms]) => row(`a photograph of 1920 px, one face: ${kind}`, ms)),
          ...Object.entries(clip).map(([kind, ms]) => row(`a minute of 720p, 32 samples: ${kind}`, ms)),
          row('one photograph in a process of its own', coldMs),
        ],
        figures: { still, portrait, clip, coldMs },
      }
    } finally {
      await examiner.dispose()
      await rm(folder, { recursive: true, force: true })
    }
  },
})
