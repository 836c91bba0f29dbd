import { z } from 'zod'
import { PRESET_NAMES } from '../models/presets.ts'
import type { Plan } from '../train/schedule.ts'
import { UsageError } from '../work/errors.ts'
import { defineCommand } from './command.ts'

const options = z.object({
  source: z.string().optional().describe('dataset of whose face gets rendered (needed for a new run)'),
  target: z.string().optional().describe('dataset of whose footage receives it (needed for a new run)'),
  preset: z.enum(PRESET_NAMES).optional().describe('network: 64, 128 or 224 px (default for a new run: "quick")'),
  steps: z.int().min(1).optional().describe("train until this many steps in all, over all calls (default: the preset's)"),
  minutes: z.number().positive().optional().describe('train for so many minutes in all, over all calls, slowing down towards the end'),
  device: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'tensorflow']).default('auto').describe('what computes'),
  batch: z.int().min(1).max(256).optional().describe("faces of each person in a step (default: the preset's)"),
  accumulate: z.int().min(1).max(64).optional().describe('take each step in so many parts: the same result in less memory (default: 1)'),
  precision: z
    .enum(['float32', 'float16'])
    .optional()
    .describe('float16: products in half precision, on webgpu and cuda where the GPU has it (default: float32)'),
  threads: z.int().min(1).optional().describe('threads of the CPU that compute (default: all cores)'),
  seed: z.int().min(0).max(0xffffffff).optional().describe('seed of everything random (default for a new run: 1)'),
  flip: z.boolean().default(false).describe('mirror half of the faces: more variety, but faces are not symmetric'),
  rate: z.number().positive().max(1).optional().describe("learning rate (default: the preset's)"),
  ganWeight: z.number().min(0).max(10).optional().describe("weight of the adversarial loss, 0 for none (default: the preset's)"),
  ganFrom: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("when the discriminator joins in, as a share of the training (default: the preset's)"),
  augment: z.number().min(0).max(1).optional().describe("how far faces are turned, shifted and warped, 1 in full (default: the preset's)"),
  saveEvery: z.int().min(1).default(500).describe('steps between checkpoints'),
  previewEvery: z.int().min(1).default(500).describe('steps between preview pictures'),
  validateEvery: z.int().min(1).optional().describe('steps between validations on unseen faces (default: as --preview-every)'),
  until: z.enum(['plateau']).optional().describe('stop earlier, once unseen faces gain nothing any more'),
})

function planOf(steps: number | undefined, minutes: number | undefined, horizon: number): Plan {
  if (steps !== undefined && minutes !== undefined) {
    throw new UsageError('expected --steps or --minutes but found both', { hint: 'leave one of them out' })
  }
  if (minutes !== undefined) return { kind: 'minutes', totalMs: minutes * 60_000 }
  return { kind: 'steps', total: steps ?? horizon }
}

export const train = defineCommand({
  name: 'train',
  summary: 'train a double: generator and discriminator',
  args: [{ name: '<run>', help: 'name of the run; with the name of an earlier one, it goes on where that stopped' }],
  options,
  example: 'dfk train my-run --source alice --target bob --minutes 30',
  writes: true,
  async run(context, [name], asked) {
    const { intend } = await import('../train/begin.ts')
    const intent = await intend({
      home: context.home,
      name: name as string,
      source: asked.source,
      target: asked.target,
      preset: asked.preset,
      batch: asked.batch,
      accumulate: asked.accumulate,
      precision: asked.precision,
      seed: asked.seed,
      flip: asked.flip,
      training: { rate: asked.rate, adversarialWeight: asked.ganWeight, adversarialFrom: asked.ganFrom, augmentation: asked.augment },
    })
    const plan = planOf(asked.steps, asked.minutes, intent.settings.training.horizon)
    if (context.dryRun) {
      context.result({ ...intent.settings, plan }, describeDryRun(intent.folder, intent.isNew, intent.settings.preset, plan))
      return
    }
    const { openDevice } = await import('../tensor/index.ts')
    const { trainRun } = await import('../train/train.ts')
    const { describeStep, describeValidation, wrapped } = await import('../train/validations.ts')
    const device = await openDevice(asked.device, asked.threads === undefined ? {} : { threads: asked.threads })
    context.note(
      `${intent.isNew ? 'new run' : 'going on with'} ${intent.settings.name}: ${intent.settings.preset}, ${intent.settings.sizePx} px, on ${device.name} (${device.reason})`,
    )
    const result = await context.work(`training ${intent.settings.name}`, (work) =>
      trainRun(intent, device, {
        ...work,
        plan,
        saveEvery: asked.saveEvery,
        previewEvery: asked.previewEvery,
        validateEvery: asked.validateEvery,
        until: asked.until,
        onLog: (entry) => {
          if (context.json) context.result(entry, '')
        },
        onValidation: (record) => {
          context.note([describeStep(record), ...record.advice.map((text) => wrapped(`  ${text}`))].join('\n'))
          if (context.json) context.result({ step: record.step, validation: record.validation, advice: record.advice }, '')
        },
        onWarning: context.warn,
        onNote: (message) => context.note(`${intent.settings.name} ${message}`),
      }),
    )
    if (result.stopped !== undefined) context.note(wrapped(`${result.run} stopped: ${result.stopped}`))
    context.result(
      result,
      `${result.run}: step ${result.step}\n${describeValidation(result.validation)}\npreview: ${result.preview}\npage: ${result.page}`,
    )
  },
})

function describeDryRun(folder: string, isNew: boolean, preset: string, plan: Plan): string {
  const length = plan.kind === 'steps' ? `to step ${plan.total}` : `for ${plan.totalMs / 60_000} minutes in all`
  return `would ${isNew ? 'begin' : 'go on with'} ${folder} (${preset}) and train ${length}`
}
