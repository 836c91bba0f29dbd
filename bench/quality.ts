import { join } from 'node:path'
import { z } from 'zod'
import { openRun, requireCheckpoint } from '../src/store/checkpoint.ts'
import { openDataset } from '../src/store/dataset.ts'
import { openDevice } from '../src/tensor/index.ts'
import { loadFaceset } from '../src/train/faceset.ts'
import { readPictures } from '../src/train/pictures.ts'
import { type Likeness, likeness } from '../src/train/quality.ts'
import { openRenderer } from '../src/train/renderer.ts'
import { toUnit } from '../src/train/unseen.ts'
import { defineBenchmark, type Row, SHARED } from './benchmark.ts'
import { runDfk } from './dfk.ts'
import { inScratchHome } from './home.ts'
import { PAIR, pairHome, samplePath } from './pair.ts'

const RUN = 'bench'

const measured = z.object({ ssim: z.number(), error: z.number(), psnr: z.number(), sharpness: z.number() })
const person = measured.extend({ faces: z.number(), mean: measured })
const trained = z.object({ step: z.number(), validation: z.object({ source: person, target: person }) })
const axis = z.number().nullable()
const scored = z.object({
  identity: axis,
  pose: axis,
  expression: axis,
  temporal: axis,
  background: axis,
  details: z.object({
    expression: z.object({ motion: axis, mouthR: axis, eyesR: axis }),
    lips: z.object({ error: axis, closedF1: axis }),
    eyes: z.object({ error: axis, r: axis, closedF1: axis }),
    gaze: z.object({ error: axis, motion: axis }),
    appearance: z.object({ sharpness: axis }),
    detection: z.object({ auc: axis }),
  }),
})

function likenessRow(name: string, { ssim, psnr, sharpness }: Likeness): Row {
  return [name, `SSIM ${ssim.toFixed(3)}, PSNR ${psnr.toFixed(1)} dB, sharpness ${sharpness.toFixed(2)}`]
}

function shown(value: number | null, digits: number, unit = ''): string {
  return value === null ? 'cannot be told' : `${value.toFixed(digits)}${unit}`
}

/** How well the target is rendered in the take that training never saw. */
async function onUnseenTake(home: string, scratch: string): Promise<Likeness & { faces: number }> {
  const run = await openRun(scratch, RUN)
  const checkpoint = await requireCheckpoint(run)
  const { sizePx, generator } = run.config
  // Of this take nothing was trained on, so that what a training would draw from it is as unseen as the rest.
  const { faces, masks, count } = await readPictures((await loadFaceset(await openDataset(home, PAIR.unseen.name), sizePx)).train, sizePx)
  const renderer = await openRenderer(await openDevice('cpu'), generator)
  await renderer.load(await checkpoint.read('generator'))
  const real = toUnit(faces)
  const made = (await renderer.render(real)).target.rgb
  await renderer.dispose()
  return { ...likeness(made, real, toUnit(masks), sizePx), faces: count }
}

/** What a fresh run learns in some minutes: on unseen faces of both people, and in a swap of a take that it never saw. */
export const quality = defineBenchmark({
  name: 'quality',
  summary: 'trains on the sample pair, renders what it never saw, swaps the unseen take, scores it; peer: the constant mean face',
  options: z.object({
    minutes: z.number().positive().default(4).describe('how long to train'),
    steps: z.int().min(1).optional().describe('train so many steps instead, which a busy machine does not change'),
    preset: z.enum(['quick', 'standard']).default('quick').describe('the network'),
    seed: z.int().min(0).default(1).describe('seed of the run'),
    train: z.string().default('').describe('further flags of dfk train, as "--from-scratch --gan-weight 0"'),
    keep: z.string().optional().describe('where to leave the swapped clip').meta({ flag: '--keep <file>' }),
    device: SHARED.device,
  }),
  async run({ minutes, steps, preset, seed, device, train, keep }, signal) {
    const home = await pairHome(signal)
    const clip = samplePath(PAIR.unseen.file)
    return inScratchHome(home, [PAIR.source.name, PAIR.target.name], async (scratch) => {
      const swapped = keep ?? join(scratch, 'swapped.mp4')
      const dfk = (...args: string[]) => runDfk(scratch, [...args, '--device', device], signal)
      const length = steps === undefined ? ['--minutes', `${minutes}`] : ['--steps', `${steps}`]
      const plan = ['--preset', preset, ...length, '--seed', `${seed}`, ...train.split(' ').filter(Boolean)]
      const pair = ['--source', PAIR.source.name, '--target', PAIR.target.name]
      const { step, validation } = trained.parse(await dfk('train', RUN, ...pair, ...plan))
      const unseen = await onUnseenTake(home, scratch)
      await dfk('swap', clip, '--run', RUN, '-o', swapped)
      const score = scored.parse(await dfk('score', swapped, '--target', clip, '--source', PAIR.source.name))
      const { expression, lips, eyes, gaze, appearance, detection } = score.details
      return {
        title: `quality, ${preset}, ${steps === undefined ? `${minutes} minutes` : 'by steps'} on ${device}: ${step} steps, seed ${seed} ${train}`,
        rows: [
          likenessRow(`source, ${validation.source.faces} unseen faces`, validation.source),
          likenessRow('  always the mean face', validation.source.mean),
          likenessRow(`target, ${unseen.faces} faces of the unseen take`, unseen),
          likenessRow(`target, the end of the take trained on`, validation.target),
          ['identity', `${shown(score.identity, 2)} (0 the untouched target, 1 as the source's own frames)`],
          ['pose', `${shown(score.pose, 2, '°')} off`],
          [
            'motion',
            `${shown(expression.motion, 2)} of the target's movement not followed; mouth r ${shown(expression.mouthR, 2)}, eyes r ${shown(expression.eyesR, 2)}`,
          ],
          ['lips', `${shown(lips.error, 3)} of the eye distance off; closed together F1 ${shown(lips.closedF1, 2)}`],
          [
            'eyes',
            `lids ${shown(eyes.error, 3)} off, r ${shown(eyes.r, 2)}, blinks F1 ${shown(eyes.closedF1, 2)}; gaze ${shown(gaze.error, 1, '°')} off`,
          ],
          ['our detector', `AUC ${shown(detection.auc, 2)} between swapped and original faces`],
          ['sharpness', `${shown(appearance.sharpness, 2)} of the original's face`],
          ['temporal', `${shown(score.temporal, 2)} of the original's jitter`],
          ['background', shown(score.background, 1, ' dB')],
          ['ratio', "the mean face's error by ours, on the source's unseen faces"],
        ],
        figures: { preset, minutes, seed, device, train, step, validation, unseen, score, peer: 'the constant mean face' },
        ratio: validation.source.mean.error / validation.source.error,
      }
    })
  },
})
