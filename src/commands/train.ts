import { z } from 'zod'
import { ARCHITECTURES } from '../models/generator.ts'
import { LOSSES, type LossWeights } from '../models/losses.ts'
import { OPTIMIZERS } from '../models/optimizer.ts'
import { PRESET_NAMES, STYLE_NAMES } from '../models/presets.ts'
import type { Plan } from '../train/schedule.ts'
import { UsageError } from '../work/errors.ts'
import { wrapped, wrappedWarning } from '../work/wrapped.ts'
import { defineCommand } from './command.ts'
import { dryRun } from './train-dry.ts'

/** Four widths, as 48,96,192,384. */
const widths = z
  .string()
  .regex(/^[1-9]\d{0,3}(,[1-9]\d{0,3}){3}$/, 'expected four numbers of 1 to 9999, as 48,96,192,384')
  .transform((text) => text.split(',').map(Number))
  .optional()

/** Weights of losses by name, as identity=2,follow=0. */
const lossWeights = z.string().transform((text, context): Partial<Record<keyof LossWeights, number>> => {
  const entries = text.split(',').map((pair) => pair.split('=') as [string, string | undefined])
  for (const [name, value] of entries) {
    if (!Object.hasOwn(LOSSES, name)) context.addIssue(`expected losses of ${Object.keys(LOSSES).join(', ')}, not ${name}`)
    else if (value === undefined || value.trim() === '' || !(Number(value) >= 0 && Number(value) <= 1e6))
      context.addIssue(`expected a weight of 0 to 1000000 for ${name}`)
  }
  return Object.fromEntries(entries.map(([name, value]) => [name, Number(value)]))
})
const share = z.number().min(0).max(1).optional()

const options = z.object({
  source: z.string().optional().describe('dataset of whose face gets rendered (needed for a new run)'),
  target: z.string().optional().describe('dataset of whose footage receives it (needed for a new run)'),
  preset: z.enum(PRESET_NAMES).optional().describe('network: 64, 128 or 224 px (default for a new run: "quick")'),
  style: z
    .enum(STYLE_NAMES)
    .optional()
    .describe('what the double is to be best at, which weighs the losses (default for a new run: "balanced")'),
  fromScratch: z.boolean().default(false).describe('begin with random weights, not with those that dfk brings'),
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
  ganFrom: share.describe("when the discriminator joins in, as a share of the training, 1 for never (default: the preset's)"),
  swapFrom: share.describe("when swaps are rendered and judged too, as a share of the training, 1 for never (default: the preset's)"),
  augment: share.describe("how far faces are turned, shifted and warped, 1 in full (default: the preset's)"),
  losses: lossWeights
    .optional()
    .describe("weights of losses, as identity=2,follow=0 (default: the style's)")
    .meta({ flag: '--losses <name=weight,...>' }),
  optimizer: z.enum(OPTIMIZERS).optional().describe("how steps are taken (default: the preset's)"),
  rateShare: z
    .number()
    .min(0.01)
    .max(1)
    .optional()
    .describe('learning-rate dropout: share of the weights that move in a step (default: 1, all)'),
  size: z.int().min(32).max(512).optional().describe("side of the network's pictures in px, a multiple of 16 (default: the preset's)"),
  architecture: z
    .enum(ARCHITECTURES)
    .optional()
    .describe('df: a decoder for each person; liae: one for both, for faces in unlike light (default: df)'),
  encoder: widths.describe("channels of the encoder's four convolutions (default: the preset's)").meta({ flag: '--encoder <n,n,n,n>' }),
  decoder: widths.describe("channels after the decoder's four upscales (default: the preset's)").meta({ flag: '--decoder <n,n,n,n>' }),
  code: z.int().min(1).max(4096).optional().describe("length of the code between them (default: the preset's)"),
  inner: z.int().min(1).max(4096).optional().describe("channels of the decoder's first map (default: the preset's)"),
  residuals: z.int().min(0).max(4).optional().describe("upscales that a residual block follows (default: the preset's)"),
  ganBase: z.int().min(1).max(256).optional().describe("channels of the discriminator's first convolution (default: the preset's)"),
  ganDepth: z.int().min(1).max(4).optional().describe("halvings of the discriminator (default: the preset's)"),
  ganFine: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe("show the discriminator fine detail alone, times this; 0: whole faces (default: the preset's)"),
  light: share.describe("how often the input is lit from another side (default: the preset's)"),
  compression: share.describe("how often the input loses to a codec or a weak camera (default: the preset's)"),
  occluders: share.describe("how often something covers a part of the input (default: the preset's)"),
  even: share.describe("how evenly poses and expressions are drawn: 0 as the footage has them, 1 all alike (default: the preset's)"),
  horizon: z
    .int()
    .min(1)
    .optional()
    .describe("steps that the schedule of a plan in steps is laid out for, shares refer to them (default: the preset's)"),
  average: share.describe(
    "when swaps and previews begin to use the weights' average, as a share of the training, 1 for never (default: the preset's)",
  ),
  saveEvery: z.int().min(1).default(500).describe('steps between checkpoints'),
  keep: z.int().min(1).default(2).describe('how many of the newest checkpoints stay'),
  milestoneEvery: z.int().min(0).default(25_000).describe('steps between checkpoints that stay for good, 0 for none'),
  previewEvery: z.int().min(1).default(500).describe('steps between preview pictures'),
  validateEvery: z
    .int()
    .min(1)
    .optional()
    .describe(
      'steps between validations on unseen faces (default: a sixteenth of --steps but 50 or more; with --minutes 125 to 250; never above --preview-every)',
    ),
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
      style: asked.style,
      fromScratch: asked.fromScratch,
      log: context.dryRun ? 'nothing' : 'all',
      losses: asked.losses,
      shape: {
        size: asked.size,
        architecture: asked.architecture,
        encoder: asked.encoder,
        code: asked.code,
        inner: asked.inner,
        decoder: asked.decoder,
        residuals: asked.residuals,
        ganBase: asked.ganBase,
        ganDepth: asked.ganDepth,
        ganFine: asked.ganFine,
      },
      training: {
        rate: asked.rate,
        adversarialWeight: asked.ganWeight,
        adversarialFrom: asked.ganFrom,
        swapFrom: asked.swapFrom,
        augmentation: asked.augment,
        optimizer: asked.optimizer,
        rateShare: asked.rateShare,
        light: asked.light,
        compression: asked.compression,
        occluders: asked.occluders,
        evenness: asked.even,
        averageFrom: asked.average,
        horizon: asked.horizon,
      },
    })
    const plan = planOf(asked.steps, asked.minutes, intent.settings.training.horizon)
    const { describeSettings, endsBefore, validationsEvery, withoutEffect } = await import('../train/outlook.ts')
    const validateEvery = asked.validateEvery ?? validationsEvery(plan, asked.previewEvery)
    const { training } = intent.settings
    const tellPlan = () => {
      if (intent.isNew) context.note(describeSettings(intent.settings, plan))
      const end = endsBefore(plan, training)
      if (end !== undefined) context.note(wrapped(end))
      for (const line of withoutEffect({ plan, training, losses: asked.losses, validateEvery, until: asked.until }))
        context.warn(wrappedWarning(line))
    }
    if (context.dryRun) {
      tellPlan()
      await dryRun(context, intent, plan)
      return
    }
    const { openDevice } = await import('../tensor/index.ts')
    const { trainRun } = await import('../train/train.ts')
    const { describeStep, describeValidation, IDENTITY_JUDGE } = await import('../train/validations.ts')
    const device = await openDevice(asked.device, asked.threads === undefined ? {} : { threads: asked.threads })
    context.note(
      `${intent.isNew ? 'new run' : 'going on with'} ${intent.settings.name}: ${intent.settings.preset}, ${intent.settings.sizePx} px, on ${device.name} (${device.reason})`,
    )
    tellPlan()
    let isExplained = false
    const result = await context.work(`training ${intent.settings.name}`, (work) =>
      trainRun(intent, device, {
        ...work,
        plan,
        saveEvery: asked.saveEvery,
        keep: asked.keep,
        milestoneEvery: asked.milestoneEvery,
        previewEvery: asked.previewEvery,
        validateEvery,
        until: asked.until,
        onLog: (entry) => {
          if (context.json) context.result(entry, '')
        },
        onValidation: (record) => {
          const judge = isExplained ? [] : [IDENTITY_JUDGE]
          isExplained = true
          context.note([describeStep(record), ...judge, ...record.advice.map((text) => wrapped(`  ${text}`))].join('\n'))
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
