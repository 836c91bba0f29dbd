import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { runFolder } from '../src/store/checkpoint.ts'
import { defineBenchmark, type Row, rounds, SHARED } from './benchmark.ts'
import { runDfk } from './dfk.ts'
import { demoHome, inScratchHome, requireThere } from './home.ts'
import { reencode } from './reencode.ts'
import { medianOf, timed } from './sampling.ts'
import { scaleClip, swapScaled } from './scaledSwap.ts'
import { measureStages, type StageTimes } from './swapStages.ts'

const swapResult = z.object({ frames: z.number(), swapped: z.number(), fps: z.number() })

/** One swap as a user runs it; the output is removed. */
async function swapOnce(home: string, run: string, clip: string, device: string, signal: AbortSignal) {
  const output = join(home, 'swapped.mp4')
  let printed: unknown
  const wholeMs = await timed(async () => {
    printed = await runDfk(home, ['swap', clip, '--run', run, '-o', output, '--device', device], signal)
  })
  await rm(output)
  return { ...swapResult.parse(printed), wholeS: wholeMs / 1000 }
}

function stageRows({ alone, parts, together, fps, ceilingFps, layersShare }: StageTimes): Row[] {
  const shown = (ms: number | undefined) => (ms === undefined ? '      –' : ms.toFixed(2).padStart(7))
  return [
    ...Object.entries(alone).flatMap(([kind, ms]): Row[] => [
      [`  ${kind}`, `${shown(ms)} ms a frame alone, ${shown(together[kind])} in the pipeline`],
      ...(kind === 'render' ? Object.entries(parts) : []).map(
        ([part, partMs]): Row => [`    ${part}`, `${shown(partMs)} ms with waiting, ${shown(together[part])} in the pipeline`],
      ),
    ]),
    [
      'the pipeline without loading, joining and signing',
      `${fps.toFixed(1).padStart(8)} frames/s, ${((100 * fps) / ceilingFps).toFixed(0)} % of what its slowest stage allows`,
    ],
    ['label, watermark (marks) and manifest (sign)', `${(100 * layersShare).toFixed(1).padStart(8)} % of all this work`],
  ]
}

/** Frames a second of a whole swap: decode, find, render, blend, mark, encode, sign. */
export const swap = defineBenchmark({
  name: 'swap',
  summary: "frames a second of dfk swap on a clip; peer: one ffmpeg that decodes and encodes the clip, the swap's ceiling",
  options: z.object({
    run: z
      .string()
      .default('demo')
      .describe('run that renders: a name in checkpoints/ of DFK_HOME or demo-out/, or a path')
      .meta({ flag: '--run <run>' }),
    clip: z
      .string()
      .optional()
      .describe("clip that the run's consent records allow (default: the demo's unseen take)")
      .meta({ flag: '--clip <file>' }),
    size: z
      .string()
      .regex(/^\d+x\d+$/)
      .optional()
      .describe('scale the clip to this size first, as 1280x720'),
    seconds: z.number().positive().default(10).describe('how much of the clip the stages are timed on'),
    device: SHARED.device,
    rounds: rounds(3),
  }),
  async run({ run, clip: asked, size, device, seconds, rounds: count }, signal) {
    const home = demoHome()
    const folder = runFolder(home, run)
    const from = asked === undefined ? join(home, 'footage', 'cap13_edit2.mp4') : resolve(asked)
    await requireThere([join(folder, 'config.json'), from])
    return inScratchHome(home, [], async (scratch) => {
      const clip = size === undefined ? from : join(scratch, 'scaled.mp4')
      if (size !== undefined) await scaleClip(from, size, clip)
      const swaps: Awaited<ReturnType<typeof swapOnce>>[] = []
      const peerFps: number[] = []
      for (let round = 0; round < count; round += 1) {
        const result = await (size === undefined
          ? swapOnce(scratch, folder, clip, device, signal)
          : swapScaled(scratch, folder, from, clip, device, signal))
        swaps.push(result)
        peerFps.push(result.frames / (await reencode(clip, join(scratch, 'encoded.mp4'))))
      }
      const stages = await measureStages(scratch, folder, clip, device, seconds, from)
      const { frames, swapped } = swaps[0]!
      const fps = medianOf(swaps.map((each) => each.fps))
      const wholeS = medianOf(swaps.map((each) => each.wholeS))
      const ffmpegFps = medianOf(peerFps)
      return {
        title: `swap of ${from}${size === undefined ? '' : ` at ${size}`}, ${frames} frames, ${swapped} with the double, medians of ${count}`,
        rows: [
          ['dfk swap', `${fps.toFixed(1).padStart(8)} frames/s`],
          ['ffmpeg alone, decoding and encoding the same clip', `${ffmpegFps.toFixed(1).padStart(8)} frames/s`],
          ['dfk swap from start to end, with loading', `${wholeS.toFixed(1).padStart(8)} s`],
          ...stageRows(stages),
        ],
        figures: { run, clip: from, size, device, frames, swapped, fps, wholeS, peer: 'ffmpeg', peerFps: ffmpegFps, stages },
        ratio: fps / ffmpegFps,
      }
    })
  },
})
