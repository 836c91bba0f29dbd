import { z } from 'zod'
import type { Scores } from '../score/scores.ts'
import { defineCommand } from './command.ts'

function shown(value: number | null, digits: number, unit = ''): string {
  return value === null ? 'cannot be told' : `${value.toFixed(digits)}${unit}`
}

function textOf({ identity, pose, expression, temporal, background, frames, details }: Scores): string {
  const { judge } = details.identity
  const nearer = judge.nearerSource === null ? '' : `; ${Math.round(judge.nearerSource * 100)} % of frames nearer to the source`
  const rows = [
    ['identity', shown(identity, 2), `0 = the untouched target, 1 = as the source's own frames${nearer}`],
    ['pose', shown(pose, 2, '°'), 'mean difference of the head pose'],
    [
      'expression',
      shown(expression, 3),
      `of the eye distance; movement error ${shown(details.expression.motion, 2)} (1 = frozen), mouth r ${shown(details.expression.mouthR, 2)}`,
    ],
    ['temporal', shown(temporal, 2), `jitter against the original's (1 = as steady); warping ${shown(details.temporal.warping, 2)}`],
    [
      'background',
      shown(background, 1, ' dB'),
      `outside the face; near it ${shown(details.background.near, 1)}, far from it ${shown(details.background.far, 1)}`,
    ],
    [
      'appearance',
      '',
      `sharpness of the face ${shown(details.appearance.sharpness, 2)} of the original's; colour at its rim off by ${shown(details.appearance.rimColour, 1)} ΔE`,
    ],
    [
      'frames',
      `${frames.analysed}`,
      `looked at of ${frames.compared}, ${frames.judged} judged; face lost in ${frames.lostFace}, none in ${frames.noFace}`,
    ],
  ] as const
  return rows.map(([name, value, note]) => `${name.padEnd(11)} ${value.padEnd(8)} ${note}`).join('\n')
}

/** `dfk score`: measures a swap against the clip that it was made from and the source's dataset. */
export const score = defineCommand({
  name: 'score',
  summary: 'measure how good a swap is',
  args: [{ name: '<swap>', help: 'the swapped clip or image' }],
  options: z.object({
    target: z.string().describe('the original clip or image that the swap was made from'),
    source: z.string().describe('dataset of the person whose face was put in: a name or a path'),
    report: z.string().optional().describe('write a report: one self-contained HTML file').meta({ flag: '--report <out.html>' }),
    every: z.int().min(1).optional().describe('judge each nth frame, and look at the two after it (default: about 100 over the clip)'),
    device: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'tensorflow']).default('auto').describe('where the networks run'),
  }),
  writes: true,
  example: 'dfk score out.mp4 --target clip.mp4 --source alice --report out.html',
  async run(context, [swapPath], { target: targetPath, source, report, every: asked, device: deviceName }) {
    const { probeMedia } = await import('../media/index.ts')
    const { openDataset } = await import('../store/dataset.ts')
    const { describeSource } = await import('../score/identity.ts')
    const { defaultEvery, requireComparable, scoreSwap } = await import('../score/score.ts')
    const swap = await probeMedia(swapPath as string, context.signal)
    const target = await probeMedia(targetPath, context.signal)
    const dataset = await openDataset(context.home, source)
    requireComparable(swap, target)
    const { checkReportPath, writePage } = await import('../report/file.ts')
    if (report !== undefined) await checkReportPath(report, [swap.path, target.path])
    const every = asked ?? defaultEvery(target.frames)
    const names = { swap: swap.path, target: target.path, source: dataset.name, every }
    if (context.dryRun) {
      const text = `would score ${swap.path} against ${target.path} and ${dataset.name}, every ${every} frames${report === undefined ? '' : `, and write ${report}`}`
      context.result({ dryRun: true, ...names, report: report ?? null }, text)
      return
    }
    const { openDevice } = await import('../tensor/index.ts')
    const { openFaceAnalyser } = await import('../faces/index.ts')
    const analyser = await openFaceAnalyser(await openDevice(deviceName))
    try {
      const identity = await context.work(`describing ${dataset.name}`, (work) => describeSource(dataset, analyser, work))
      const result = await context.work('scoring', (work) => scoreSwap(swap, target, identity, { ...work, analyser, every }))
      for (const warning of result.warnings) context.warn(warning)
      if (report !== undefined) {
        const { renderReport } = await import('../score/report.ts')
        await writePage(report, await renderReport(result, names))
        context.note(`report: ${report}`)
      }
      context.result({ ...result.scores, ...names, warnings: result.warnings, report: report ?? null }, textOf(result.scores))
    } finally {
      await analyser.dispose()
    }
  },
})
