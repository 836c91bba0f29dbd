import { execFile, spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { findFfmpeg, probeMedia } from '../src/media/index.ts'
import { runFolder } from '../src/store/checkpoint.ts'
import { DfkError, EXIT } from '../src/work/errors.ts'
import { defineBenchmark } from './benchmark.ts'
import { ROOT } from './dfk.ts'
import { demoHome, inScratchHome, requireThere } from './home.ts'

const EVERY_MS = 500
/** By then networks are loaded and code is optimised. */
const SETTLED = 500

interface Sample {
  readonly frames: number
  /** Of the process that renders, without its ffmpegs, MB. */
  readonly rssMb: number
}

const run = promisify(execFile)

/** The clip over and over, by copy, or encoded anew at another size or rate. */
async function looped(
  clip: string,
  frames: number,
  { size, fps }: { size?: string | undefined; fps?: number | undefined },
  output: string,
): Promise<void> {
  const { path } = await findFfmpeg()
  const info = await probeMedia(clip)
  const loops = Math.max(0, Math.ceil(frames / info.frames) - 1)
  const filters = [...(size === undefined ? [] : [`scale=${size.replace('x', ':')}`]), ...(fps === undefined ? [] : [`setpts=N/${fps}/TB`])]
  const coding = filters.length === 0 ? ['-c', 'copy'] : ['-vf', filters.join(), '-c:v', 'libx264', '-preset', 'ultrafast']
  const rate = fps === undefined ? [] : ['-r', `${fps}`]
  await run(path, ['-v', 'error', '-stream_loop', `${loops}`, '-i', clip, '-map', '0:v:0', ...coding, ...rate, '-y', output])
}

async function residentMb(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', `${pid}`])
  return Number(stdout.trim()) / 1024
}

/** Renders, and looks at memory as frames go by. */
async function watch(home: string, args: readonly string[], signal: AbortSignal): Promise<Sample[]> {
  // Records of sample clips are for those clips alone: what was made of one is rendered past the command line.
  const child = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'bench', 'longRender.ts'), home, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const stop = () => child.kill('SIGTERM')
  signal.addEventListener('abort', stop)
  const samples: Sample[] = []
  let frames = 0
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-2000)
    const counts = [...said.matchAll(/rendered (\d+)\n/g)]
    frames = Number(counts.at(-1)?.[1] ?? frames)
  })
  const timer = setInterval(() => {
    void residentMb(child.pid!).then(
      (rssMb) => samples.push({ frames, rssMb }),
      () => {},
    )
  }, EVERY_MS)
  const code = await new Promise<number | null>((done) => child.on('close', done))
  clearInterval(timer)
  signal.removeEventListener('abort', stop)
  if (code !== EXIT.ok)
    throw new DfkError(`expected the render to end well but its exit code is ${code}: ${said.trim().split('\n').at(-1)}`)
  return samples.filter(({ rssMb }) => rssMb > 0)
}

function mean(samples: readonly Sample[]): number {
  return samples.reduce((sum, { rssMb }) => sum + rssMb, 0) / Math.max(1, samples.length)
}

/** Whether a render takes more and more memory. */
export const swapMemory = defineBenchmark({
  name: 'swap-memory',
  summary: 'renders a clip over and over as one long one, and compares the memory after 500 frames with that at the end',
  options: z.object({
    frames: z.int().min(1000).default(10_000).describe('how many frames'),
    size: z
      .string()
      .regex(/^\d+x\d+$/)
      .optional()
      .describe('scale the clip to this size, as 1920x1080'),
    fps: z
      .number()
      .positive()
      .optional()
      .describe("frames a second of the long clip: 5 makes two hours of 36,000 frames (default: the clip's)"),
    run: z.string().default('demo').describe('run that renders').meta({ flag: '--run <run>' }),
    clip: z.string().optional().describe("clip to render (default: the demo's unseen take)").meta({ flag: '--clip <file>' }),
  }),
  async run({ frames, size, fps, run: name, clip: asked }, signal) {
    const home = demoHome()
    const clip = asked === undefined ? join(home, 'footage', 'cap13_edit2.mp4') : resolve(asked)
    await requireThere([join(runFolder(home, name), 'config.json'), clip])
    return inScratchHome(home, [], async (scratch) => {
      const long = join(scratch, 'long.mp4')
      await looped(clip, frames, { size, fps }, long)
      const samples = await watch(scratch, [runFolder(home, name), clip, long], signal)
      const early = samples.filter((sample) => sample.frames >= SETTLED && sample.frames < 2 * SETTLED)
      const last = samples.at(-1)?.frames ?? 0
      const late = samples.filter((sample) => sample.frames >= last - SETTLED)
      const peak = Math.max(...samples.map(({ rssMb }) => rssMb))
      return {
        title: `memory of a swap of ${last} frames${size === undefined ? '' : ` at ${size}`}`,
        rows: [
          [`after ${SETTLED} frames`, `${mean(early).toFixed(0)} MB`],
          ['at the end', `${mean(late).toFixed(0)} MB (${(mean(late) / mean(early)).toFixed(3)} times)`],
          ['at most', `${peak.toFixed(0)} MB`],
        ],
        figures: { frames: last, size, fps, earlyMb: mean(early), lateMb: mean(late), peakMb: peak },
      }
    })
  },
})
