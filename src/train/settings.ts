import type { DiscriminatorShape } from '../models/discriminator.ts'
import type { Architecture, GeneratorShape } from '../models/generator.ts'
import type { LossWeights } from '../models/losses.ts'
import { PRESETS, type PresetName, STYLES, type StyleName } from '../models/presets.ts'
import { hasDiscriminator, type RunConfig, type Training } from '../store/checkpoint.ts'
import { DfkError, UsageError } from '../work/errors.ts'
import { readBaseWeights } from './base.ts'
import { NAMED_NUMBERS } from './landmarks.ts'

/** All that a run is trained with, but for the two people. */
export type Settings = Omit<RunConfig, 'source' | 'target'>

type Asked<T> = { readonly [K in keyof T]?: T[K] | undefined }

/** Dimensions of the networks that a user may set beside the preset's. */
interface AskedShape {
  readonly size?: number | undefined
  readonly architecture?: Architecture | undefined
  readonly encoder?: number[] | undefined
  readonly code?: number | undefined
  readonly inner?: number | undefined
  readonly decoder?: number[] | undefined
  readonly residuals?: number | undefined
  readonly ganBase?: number | undefined
  readonly ganDepth?: number | undefined
  readonly ganFine?: number | undefined
}

/** Settings that a user asks for; what is left out comes from the run, or from the preset for a new one. */
export interface SettingsRequest {
  readonly name: string
  readonly preset?: PresetName | undefined
  readonly shape?: AskedShape | undefined
  readonly batch?: number | undefined
  readonly accumulate?: number | undefined
  readonly precision?: 'float32' | 'float16' | undefined
  readonly seed?: number | undefined
  readonly flip?: boolean | undefined
  readonly style?: StyleName | undefined
  readonly losses?: Asked<LossWeights> | undefined
  /** Do without base weights. */
  readonly fromScratch?: boolean | undefined
  readonly training: Asked<Training>
}

/** What is given of it. */
function defined<T extends object>(asked: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

/** Settings of a new run. Throws UsageError where they do not go together. */
export async function newSettings(request: SettingsRequest, framing: string, landmarks: 'facemesh' | 'face-api'): Promise<Settings> {
  const presetName = request.preset ?? 'quick'
  const preset = PRESETS[presetName]
  const style = request.style ?? 'balanced'
  const { losses, swapFrom = preset.training.swapFrom } = STYLES[style]
  const { generator, discriminator } = shapesOf(preset, request.shape ?? {})
  const training = {
    ...preset.training,
    swapFrom,
    ...defined(request.training),
  }
  const base = request.fromScratch ? undefined : await readBaseWeights(presetName, generator)
  return {
    schema: 1,
    name: request.name,
    preset: presetName,
    generator: { ...generator, encoder: [...generator.encoder], decoder: [...generator.decoder] },
    discriminator: { ...discriminator },
    sizePx: generator.sizePx,
    framing,
    landmarks,
    seed: request.seed ?? 1,
    ...batchOf(request, preset.batch, drawsSwaps({ training, discriminator })),
    precision: request.precision ?? 'float32',
    flip: request.flip ?? false,
    training,
    style,
    losses: { ...losses, ...defined(request.losses ?? {}) },
    ...(base && { base: base.sha256 }),
  }
}

/** The weight of a discriminator that is shown whole faces, as older runs have it. */
const OF_WHOLE_FACES = 0.1

/** How strongly faces are warped where the preset has its way, and what the run's discriminator weighs, or would. */
export function usualOf({ preset, training, discriminator }: Pick<Settings, 'preset' | 'training' | 'discriminator'>): {
  readonly augmentation: number
  readonly adversarialWeight: number
} {
  const usual = (PRESETS[preset as PresetName] ?? PRESETS.quick).training
  const begun = (discriminator.fine ?? 0) > 0 ? usual.adversarialWeight : OF_WHOLE_FACES
  return { augmentation: usual.augmentation, adversarialWeight: training.adversarialWeight > 0 ? training.adversarialWeight : begun }
}

function shapesOf(
  preset: { readonly generator: GeneratorShape; readonly discriminator: DiscriminatorShape },
  { size, ganBase, ganDepth, ganFine, ...asked }: AskedShape,
): { generator: GeneratorShape; discriminator: DiscriminatorShape } {
  const sizePx = size ?? preset.generator.sizePx
  if (sizePx % 16 !== 0) {
    throw new UsageError(`expected --size to be a multiple of 16 but found ${sizePx}`, {
      hint: `the encoder halves the picture four times: try --size ${16 * Math.round(sizePx / 16)}`,
    })
  }
  return {
    generator: { ...preset.generator, ...defined(asked), sizePx },
    discriminator: {
      ...preset.discriminator,
      // With liae one code describes both people: there is nothing in it to tell them apart by.
      ...(asked.architecture === 'liae' && { code: 0 }),
      ...defined({ base: ganBase, depth: ganDepth, fine: ganFine }),
    },
  }
}

/** Whether swaps are drawn in training: every other one of each part of a step, which so is of an even number of faces. */
export function drawsSwaps({ training, discriminator }: Pick<Settings, 'training' | 'discriminator'>): boolean {
  return training.swapFrom < 1 || (hasDiscriminator(training) && discriminator.swaps === true)
}

function batchOf(request: SettingsRequest, preset: number, swaps: boolean): { batch: number; accumulate: number } {
  const { batch = preset, accumulate = 1 } = request
  if (swaps && accumulate > 1 && (batch / accumulate) % 2 === 1) {
    throw new UsageError(
      `expected parts of an even number of faces, since every other one is swapped, but found --batch ${batch} in ${accumulate}`,
      {
        hint: `--batch ${2 * accumulate * Math.ceil(batch / accumulate / 2)} goes with --accumulate ${accumulate}; or leave out --swap-from and --style likeness|expression`,
      },
    )
  }
  if (batch % accumulate === 0) return { batch, accumulate }
  throw new UsageError(`expected --batch to be a multiple of --accumulate but found ${batch} and ${accumulate}`, {
    hint: `each part of a step takes as many faces: --accumulate ${accumulate} goes with --batch ${Math.ceil(batch / accumulate) * accumulate}`,
  })
}

/** A run as what would have to be asked for to get it. */
function requestOf({ generator, discriminator, sizePx, base, preset, style, ...run }: Settings): SettingsRequest {
  const { encoder, code, inner, decoder, residuals, architecture = 'df' } = generator
  return {
    ...run,
    preset: preset as PresetName,
    style: style as StyleName,
    fromScratch: base === undefined,
    shape: {
      ...{ size: sizePx, architecture, encoder, code, inner, decoder, residuals },
      ...{ ganBase: discriminator.base, ganDepth: discriminator.depth, ganFine: discriminator.fine ?? 0 },
    },
  }
}

/** All that is asked for, by flag; undefined where nothing is said. */
function byFlag({ shape = {}, training, losses = {}, ...request }: SettingsRequest): Record<string, unknown> {
  return {
    '--preset': request.preset,
    '--size': shape.size,
    '--architecture': shape.architecture,
    '--encoder': shape.encoder,
    '--code': shape.code,
    '--inner': shape.inner,
    '--decoder': shape.decoder,
    '--residuals': shape.residuals,
    '--gan-base': shape.ganBase,
    '--gan-depth': shape.ganDepth,
    '--gan-fine': shape.ganFine,
    '--batch': request.batch,
    '--accumulate': request.accumulate,
    '--precision': request.precision,
    '--seed': request.seed,
    '--flip': request.flip,
    '--from-scratch': request.fromScratch,
    '--style': request.style,
    '--rate': training.rate,
    '--gan-weight': training.adversarialWeight,
    '--gan-from': training.adversarialFrom,
    '--swap-from': training.swapFrom,
    '--augment': training.augmentation,
    '--light': training.light,
    '--compression': training.compression,
    '--occluders': training.occluders,
    '--even': training.evenness,
    '--average': training.averageFrom,
    '--horizon': training.horizon,
    '--optimizer': training.optimizer,
    '--rate-share': training.rateShare,
    ...Object.fromEntries(Object.entries(losses).map(([name, value]) => [`--losses ${name}`, value])),
  }
}

/** What may change while a run goes on: what its log gives advice on. The same call without the change would train on as before. */
const CHANGEABLE = { '--augment': 'augmentation', '--gan-weight': 'adversarialWeight', '--gan-from': 'adversarialFrom' } as const

/** The settings of a run that goes on: the same as before but for what may change, or else it is another run. */
export function keptSettings(request: SettingsRequest, run: RunConfig, framing: string): Settings {
  const { source: _source, target: _target, ...earlier } = run
  const kept = byFlag(requestOf(earlier))
  // A switch that is not given says nothing.
  const asked = byFlag({ ...request, flip: request.flip || undefined, fromScratch: request.fromScratch || undefined })
  for (const [flag, value] of Object.entries(asked)) {
    if (value === undefined || flag in CHANGEABLE || JSON.stringify(value) === JSON.stringify(kept[flag])) continue
    throw new DfkError(`expected ${flag} ${kept[flag]}, as run ${request.name} began, but found ${value}`, {
      hint: 'leave it out to go on, or train under another name',
    })
  }
  if (earlier.generator.landmarks !== NAMED_NUMBERS) {
    throw new DfkError(
      `expected a run whose encoder names ${NAMED_NUMBERS} numbers of a face but that of ${request.name} names ${earlier.generator.landmarks}`,
      {
        hint: 'an older dfk began it: dfk swap still renders it, but train anew under another name',
      },
    )
  }
  if (framing !== earlier.framing) {
    throw new DfkError(`expected faces aligned as ${earlier.framing}, as run ${request.name} began, but found ${framing}`, {
      hint: 'train under another name with the faces as they are now',
    })
  }
  const changed = Object.values(CHANGEABLE).map((key) => [key, request.training[key]] as const)
  return { ...earlier, training: { ...earlier.training, ...defined(Object.fromEntries(changed)) } }
}
