import { join } from 'node:path'
import { type AlignedFaces, openAlignedFaces } from '../faces/index.ts'
import type { Person } from '../models/generator.ts'
import type { Retargeting } from '../models/retarget.ts'
import { discriminatorWeight, type Run } from '../store/checkpoint.ts'
import type { Device } from '../tensor/index.ts'
import { adviceOf } from './advice.ts'
import type { Faceset } from './faceset.ts'
import { writeTrainPage } from './page.ts'
import { plateauOf } from './plateau.ts'
import { writePreview } from './preview.ts'
import { openRenderer, type Renderer } from './renderer.ts'
import { openRetargeter, type Retargeter } from './retargeter.ts'
import { fractionOf, type Plan, partsOf, strengthOf } from './schedule.ts'
import { usualOf } from './settings.ts'
import { readStats } from './stats.ts'
import { requireSwap } from './swapWatch.ts'
import type { Trainer } from './trainer.ts'
import { openValidator, type Validation, type Validator } from './validation.ts'
import { appendValidation, readValidations, type ValidationRecord } from './validations.ts'

export interface ObserverOptions {
  readonly run: Run
  readonly facesets: Record<Person, Faceset>
  readonly device: Device
  readonly trainer: Trainer
  readonly plan: Plan
  /** Steps between preview pictures, and between validations. */
  readonly previewEvery: number
  readonly validateEvery: number
  readonly onWarning?: ((message: string) => void) | undefined
  readonly onValidation?: ((record: ValidationRecord) => void) | undefined
}

/** Looks at what a trainer has learned without touching its state: previews, validations, the page. */
export interface Observer {
  /** Does what is due at the trainer's step. Throws DivergedError where a validation shows that the swap came apart (swapWatch.ts). */
  look(): Promise<void>
  /** What the swaps of the trainer's step lack of the target's movement; undefined, with a warning, where that cannot be measured. */
  retargeting(): Promise<Retargeting | undefined>
  /** Preview and validation of the last step. */
  finish(): Promise<{ readonly preview: string; readonly page: string; readonly validation: Validation }>
  /** Why training may stop, where unseen faces gain nothing any more. */
  plateau(): string | undefined
  /** Writes the page a last time, as one that no longer changes. */
  dispose(): Promise<void>
}

/** Opens an observer with what was validated before; compiles when it first looks. */
export async function openObserver(options: ObserverOptions): Promise<Observer> {
  const { run, facesets, device, trainer, plan, previewEvery, validateEvery } = options
  const history = await readValidations(run)
  let open:
    | { readonly renderer: Renderer; readonly faces: AlignedFaces; readonly validate: Validator; readonly learn: Retargeter }
    | undefined
  let loaded = -1
  const opened = async () => {
    if (open === undefined) {
      const faces = openAlignedFaces(device)
      open = {
        renderer: await openRenderer(device, run.config.generator),
        faces,
        validate: openValidator(facesets, run.config.source.descriptor, faces),
        learn: openRetargeter(facesets.target, run.config.sizePx, faces),
      }
    }
    if (loaded !== trainer.position.step) await open.renderer.load(await trainer.weights())
    loaded = trainer.position.step
    return open
  }
  let learned: { readonly step: number; readonly retargeting: Retargeting | undefined } | undefined
  const retargeting = async () => {
    const { step } = trainer.position
    if (learned?.step === step) return learned.retargeting
    // Weights are worth saving, and swaps worth measuring, without it too.
    const measure = async () => {
      const { renderer, learn } = await opened()
      return learn(renderer)
    }
    const found = await measure().catch((cause: Error) => {
      options.onWarning?.(`what swaps lack of the target's movement could not be measured at step ${step}: ${cause.message}`)
      return undefined
    })
    learned = { step, retargeting: found }
    return found
  }
  const page = async (ended: boolean) => writeTrainPage(run, { validations: history, stats: await readStats(run), ended })
  const preview = async () => writePreview(run, trainer.position.step, (await opened()).renderer, facesets)
  const validate = async () => {
    const known = history.at(-1)
    if (known?.step === trainer.position.step) {
      requireSwap(history)
      return known.validation
    }
    const { renderer, validate: measure } = await opened()
    const started = performance.now()
    const lacking = await retargeting()
    const validation = await measure(renderer, lacking)
    const record = {
      ...{ step: trainer.position.step, validation, advice: [], elapsedMs: Math.round(trainer.position.elapsedMs) },
      ...{ phase: phaseOf(run, plan, trainer), ms: Math.round(performance.now() - started) },
    }
    const advised = {
      ...record,
      advice: adviceOf({ validations: [...history, record], stats: await readStats(run), usual: usualOf(run.config) }),
    }
    history.push(advised)
    await appendValidation(run, advised)
    options.onValidation?.(advised)
    requireSwap(history)
    return validation
  }
  await page(false)
  return {
    async look() {
      const { step } = trainer.position
      const due = { preview: step % previewEvery === 0, validation: step % validateEvery === 0 }
      if (due.preview) await preview()
      if (due.validation) await validate()
      if (due.preview || due.validation) await page(false)
    },
    retargeting,
    finish: async () => ({ preview: await preview(), page: join(run.folder, 'train.html'), validation: await validate() }),
    plateau: () => plateauOf(history),
    async dispose() {
      await open?.faces.dispose()
      await open?.renderer.dispose()
      await page(true)
    },
  }
}

function phaseOf({ config }: Run, plan: Plan, { position }: Trainer): ValidationRecord['phase'] {
  const { average, adversarial } = partsOf(plan, config.training, position)
  const warp = strengthOf(plan, config.training, position.step, fractionOf(plan, position))
  // An average that never begins is not waited for.
  const isAveraged = average || config.training.averageFrom >= 1
  return {
    warp: Math.round(warp * 1e4) / 1e4,
    average: isAveraged,
    gan: adversarial,
    ganWeight: discriminatorWeight(config.training),
  }
}
