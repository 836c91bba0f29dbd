import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { z } from 'zod'
import { hashFootage } from '../src/media/index.ts'
import { seedRandom } from '../src/models/random.ts'
import { runFolder } from '../src/store/checkpoint.ts'
import { jobFolder } from '../src/swap/job.ts'
import { checkInterrupted, DfkError, EXIT } from '../src/work/errors.ts'
import { defineBenchmark } from './benchmark.ts'
import { ROOT, runDfk } from './dfk.ts'
import { demoHome, inScratchHome, requireThere } from './home.ts'

/** Longest that an orphan may take to notice that nobody feeds it. */
const ORPHAN_MS = 5000

function startSwap(home: string, args: readonly string[]): ChildProcess {
  const env = { ...process.env, DFK_HOME: home }
  return spawn(process.execPath, [join(ROOT, 'bin', 'dfk.js'), 'swap', ...args, '--quiet'], { env, stdio: 'ignore' })
}

/** Processes of ffmpeg that have `text` in their arguments; none where the system does not tell (Windows). */
async function ffmpegsOf(text: string): Promise<number> {
  if (process.platform === 'win32') return 0
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'stat=,args='], { maxBuffer: 1 << 26 })
  return stdout.split('\n').filter((line) => !line.startsWith('Z') && line.includes('ffmpeg') && line.includes(text)).length
}

async function segmentsOf(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => name.endsWith('.nut.json')).length
}

/** Starts the render, kills it at a random moment, and waits until its ffmpegs are gone. Throws DfkError where it ends before, or orphans stay. */
async function killOnce(
  home: string,
  args: readonly string[],
  output: string,
  atMs: number,
): Promise<{ segments: number; orphanMs: number }> {
  const child = startSwap(home, args)
  const ended = new Promise<number | null>((done) => child.on('close', done))
  await Promise.race([setTimeout(atMs), ended])
  if (child.exitCode !== null)
    throw new DfkError('expected the render to be killed but it ended before', { hint: 'give a longer --clip, or fewer --kills' })
  child.kill('SIGKILL')
  await ended
  const killedMs = performance.now()
  while ((await ffmpegsOf(basename(jobFolder(output)))) > 0) {
    if (performance.now() - killedMs > ORPHAN_MS) throw new DfkError('expected ffmpeg to end with the process that feeds it but it runs on')
    await setTimeout(20)
  }
  return { segments: await segmentsOf(jobFolder(output)), orphanMs: performance.now() - killedMs }
}

/** Whether a render that is killed again and again ends with the file of one that is not. */
export const swapKills = defineBenchmark({
  name: 'swap-kills',
  summary: 'kills one render many times without warning, and compares its picture with that of an undisturbed one',
  options: z.object({
    kills: z.int().min(1).default(20).describe('how often'),
    segment: z.int().min(50).default(50).describe('frames of a segment'),
    run: z.string().default('demo').describe('run that renders').meta({ flag: '--run <run>' }),
    clip: z.string().optional().describe("clip to render (default: the demo's unseen take)").meta({ flag: '--clip <file>' }),
    seed: z.int().min(0).default(1).describe('seed of the moments'),
  }),
  async run({ kills, segment, run, clip: asked, seed }, signal) {
    const home = demoHome()
    const clip = asked === undefined ? join(home, 'footage', 'cap13_edit2.mp4') : resolve(asked)
    await requireThere([join(runFolder(home, run), 'config.json'), clip])
    return inScratchHome(home, [], async (scratch) => {
      const [killed, whole] = [join(scratch, 'killed.mp4'), join(scratch, 'whole.mp4')]
      const args = (output: string) => [clip, '--run', runFolder(home, run), '-o', output, '--segment', `${segment}`]
      const random = seedRandom(seed)
      const found: { segments: number; orphanMs: number }[] = []
      for (let kill = 0; kill < kills; kill += 1) {
        checkInterrupted(signal)
        // Loading takes about three seconds: some kills fall into it, most do not.
        found.push(await killOnce(scratch, args(killed), killed, 500 + random.uniform() * 14_000))
      }
      // What the disturbed one calls itself is in every frame's watermark: the other must say the same.
      await mkdir(jobFolder(whole))
      const job = await readFile(join(jobFolder(killed), 'job.json')).catch(() => undefined)
      if (job === undefined) throw new DfkError('expected a render that had begun after all the kills but found none')
      await copyFile(join(jobFolder(killed), 'job.json'), join(jobFolder(whole), 'job.json'))
      await runDfk(scratch, ['swap', ...args(killed)], signal)
      await runDfk(scratch, ['swap', ...args(whole)], signal)
      const [a, b] = [await hashFootage(killed), await hashFootage(whole)]
      if (a.videoSha256 !== b.videoSha256) throw new DfkError('expected the picture of the undisturbed render but found another one')
      const left = (await readdir(dirname(killed))).filter((name) => name.startsWith('.') && name.includes('rendering'))
      if (left.length > 0) throw new DfkError(`expected nothing left over but found ${left.join(', ')}`, { exitCode: EXIT.failed })
      const slowest = Math.max(...found.map(({ orphanMs }) => orphanMs))
      return {
        title: `${kills} kills of a render of ${basename(clip)}, segments of ${segment} frames`,
        rows: [
          ['segments done after each kill', found.map(({ segments }) => segments).join(' ')],
          ['ffmpeg gone after the kill, at the latest', `${slowest.toFixed(0)} ms`],
          ['picture in the end', 'that of the undisturbed render, packet for packet'],
          ['left over', 'nothing'],
        ],
        figures: {
          kills,
          segment,
          clip,
          segments: found.map(({ segments }) => segments),
          slowestOrphanMs: slowest,
          videoSha256: a.videoSha256,
        },
      }
    })
  },
})
