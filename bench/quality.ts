import { join } from 'node:path'
import { z } from 'zod'
import { defineBenchmark, type Row, SHARED } from './benchmark.ts'
import { runDfk } from './dfk.ts'
import { demoHome, inScratchHome, requireThere } from './home.ts'

const SOURCE = 'franck'
const TARGET = 'cap12'
const RUN = 'bench'

const likeness = z.object({ ssim: z.number(), error: z.number(), sharpness: z.number() })
const person = likeness.extend({ faces: z.number(), mean: likeness })
const trained = z.object({ step: z.number(), validation: z.object({ source: person, target: person }) })
const axis = z.number().nullable()
const scored = z.object({ identity: axis, pose: axis, expression: axis, temporal: axis, background: axis })

function validationRow(name: string, { ssim, error, mean, faces }: z.output<typeof person>): Row {
  const outcome = `SSIM ${ssim.toFixed(3)}, error ${error.toFixed(4)}; always the mean face: ${mean.ssim.toFixed(3)}, ${mean.error.toFixed(4)}`
  return [`${name}, ${faces} unseen faces`, outcome]
}

function shown(value: number | null, digits: number, unit = ''): string {
  return value === null ? 'cannot be told' : `${value.toFixed(digits)}${unit}`
}

/** What a fresh run learns in some minutes: on unseen faces of both people, and in a swap of a take that it never saw. */
export const quality = defineBenchmark({
  name: 'quality',
  summary: "trains on the demo's datasets, swaps the unseen take, scores it; peer: the constant mean face",
  options: z.object({
    minutes: z.number().positive().default(5).describe('how long to train'),
    preset: z.enum(['quick', 'standard']).default('quick').describe('the network'),
    seed: z.int().min(0).default(1).describe('seed of the run'),
    device: SHARED.device,
  }),
  async run({ minutes, preset, seed, device }, signal) {
    const home = demoHome()
    const clip = join(home, 'footage', 'cap13_edit2.mp4')
    await requireThere([...[SOURCE, TARGET].map((name) => join(home, 'datasets', name, 'aligned.jsonl')), clip])
    return inScratchHome(home, [SOURCE, TARGET], async (scratch) => {
      const swapped = join(scratch, 'swapped.mp4')
      const dfk = (...args: string[]) => runDfk(scratch, [...args, '--device', device], signal)
      const plan = ['--preset', preset, '--minutes', `${minutes}`, '--seed', `${seed}`]
      const { step, validation } = trained.parse(await dfk('train', RUN, '--source', SOURCE, '--target', TARGET, ...plan))
      await dfk('swap', clip, '--run', RUN, '-o', swapped)
      const score = scored.parse(await dfk('score', swapped, '--target', clip, '--source', SOURCE))
      return {
        title: `quality, ${preset}, ${minutes} minutes on ${device}: ${step} steps, seed ${seed}`,
        rows: [
          validationRow('source', validation.source),
          validationRow('target', validation.target),
          ['identity', `${shown(score.identity, 2)} (0 the untouched target, 1 as the source's own frames)`],
          ['pose', `${shown(score.pose, 2, '°')} off`],
          ['expression', `${shown(score.expression, 3)} of the eye distance off`],
          ['temporal', `${shown(score.temporal, 2)} of the original's jitter`],
          ['background', shown(score.background, 1, ' dB')],
          ['ratio', "the mean face's error by ours, on the source's unseen faces"],
        ],
        figures: { preset, minutes, seed, device, step, validation, score, peer: 'the constant mean face' },
        ratio: validation.source.mean.error / validation.source.error,
      }
    })
  },
})
