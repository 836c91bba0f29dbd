import { adamRate } from '../models/optimizer.ts'
import { seedRandom } from '../models/random.ts'
import { pick } from '../models/state.ts'
import { asksRecogniser, type ScalarInput, type StepDesign, type StepParts, scalarsOf, stepSignature, trainStep } from '../models/step.ts'
import type { Checkpoint, RunConfig, TrainState } from '../store/checkpoint.ts'
import type { Device, HostTensors, Program } from '../tensor/index.ts'
import { fingerprint } from '../work/fingerprint.ts'
import { inParts, meanOf, repeated } from './accumulation.ts'
import type { Feed } from './feed/feed.ts'
import { FIRST_LOSS_SCALE, nextLossScale } from './lossScale.ts'
import { checkMemory } from './memory.ts'
import { openRecogniser } from './recognise.ts'
import {
  adversarialWeight,
  averageKeep,
  fractionOf,
  type Plan,
  type Position,
  partsOf,
  ratesOf,
  strengthOf,
  swapWeight,
} from './schedule.ts'
import { firstState, isSaved, restore } from './trainState.ts'
import { notANumber } from './watch.ts'

/** Scalars that the plan gives a step; the rest say which part of a step it is. */
type Scheduled = Exclude<ScalarInput, 'share' | 'apply'>

/** Losses of one step, by name. */
type StepLosses = Readonly<Record<string, number>>

export interface TrainerOptions {
  readonly device: Device
  readonly config: RunConfig
  readonly plan: Plan
  /** Where its batches come from. */
  readonly feed: Feed
  /** Where to go on; absent for a new run. */
  readonly from: Checkpoint | undefined
  /** What the learning rates are multiplied with; see setback.ts. */
  readonly rateScale?: number
  /** Gets what the step is reckoned to need of memory, before the first. */
  readonly onNote?: ((message: string) => void) | undefined
}

/** Trains a run on a device: its networks' state and its place in the plan. */
export interface Trainer {
  readonly position: Position
  /** Whether state and position belong together: not where a step has failed. */
  readonly whole: boolean
  /** What the plan gives the next step: learning rate, strength of the augmentation, weights of the losses that come in later. */
  readonly schedule: Schedule
  /** Trains up to `most` steps in one call of the device and returns the losses of each. Throws DivergedError where one is not a number. */
  advance(most: number): Promise<StepLosses[]>
  /** What a checkpoint holds. Throws DivergedError where a weight is not a number. */
  snapshot(): Promise<{ state: TrainState; files: Record<string, HostTensors> }>
  /** The weights to render with, by the generator's own names: the average, once there is one. */
  weights(): Promise<HostTensors>
  dispose(): Promise<void>
}

/** Of the next step; see schedule.ts. */
interface Schedule {
  readonly rate: number
  readonly augment: number
  /** Absent before the discriminator, and the losses of swaps, have begun. */
  readonly ganWeight?: number
  readonly swapWeight?: number
}

/** Opens a trainer at the start of a run or at a checkpoint. */
export async function openTrainer({ device, config, plan, feed, from, rateScale = 1, onNote }: TrainerOptions): Promise<Trainer> {
  const { training } = config
  const position = startOf(from)
  let waiting: HostTensors = from === undefined ? await firstState(config) : await restore(from, config)
  const design: StepDesign = { ...config, optimizer: training.optimizer, rateShare: training.rateShare }
  let recogniser: Awaited<ReturnType<typeof openRecogniser>> | undefined
  let program: { readonly parts: StepParts; readonly run: Program } | undefined
  let told: string | undefined
  let whole = true

  const state = async () => (program === undefined ? waiting : { ...waiting, ...(await program.run.readState()) })

  /** The program for the parts that the next step needs; a part that begins takes over the state so far. */
  const models = fingerprint(new URL('../models', import.meta.url))
  const faces = fingerprint(new URL('../faces', import.meta.url))
  const always = { accumulate: config.accumulate > 1, scaled: config.precision === 'float16' }
  if (always.scaled) position.lossScale ??= FIRST_LOSS_SCALE
  const programFor = async (parts: StepParts): Promise<Program> => {
    if (program !== undefined && sameParts(program.parts, parts)) return program.run
    const now = await state()
    await program?.run.dispose()
    // Where what follows fails, all of it can still be saved.
    waiting = now
    program = undefined
    if (asksRecogniser(design, parts)) recogniser ??= await openRecogniser()
    const signature = stepSignature(design, config.batch / config.accumulate, parts)
    const run = await device.compile(trainStep(design, parts, recogniser), signature, {
      name: 'training step',
      precision: config.precision,
      cacheKey: `${models} ${JSON.stringify([config.generator, config.discriminator, config.losses, training.optimizer, training.rateShare, parts, recogniser && faces])}`,
    })
    const needs = await orDispose(run, () => checkMemory(run, signature, device.name, config))
    if (needs !== undefined && needs !== told) onNote?.(needs)
    told = needs
    beginParts(now, parts)
    const wanted = Object.keys(signature.state ?? {})
    await run.writeState(Object.fromEntries(wanted.map((name) => [name, now[name]!])))
    waiting = Object.fromEntries(Object.entries(now).filter(([name]) => !wanted.includes(name)))
    program = { parts, run }
    return run
  }

  /** Notes which parts begin with the next step; the average begins as the weights are. */
  const beginParts = (now: HostTensors, parts: StepParts): void => {
    if (parts.average && position.averageSince === undefined) {
      position.averageSince = position.step
      for (const [name, tensor] of Object.entries(now)) if (name.startsWith('weights/')) now[name.replace('weights', 'average')] = tensor
    }
    if (parts.adversarial) position.adversarialSince ??= position.step
    if (parts.swapped) position.swappedSince ??= position.step
  }

  const ratesAt = (step: number) => ratesOf(plan, training, step, fractionOf(plan, position))

  const scalarsAt = (step: number): Record<Scheduled, number> => ({
    generatorRate: adamRate(rateScale * ratesAt(step).generator, step + 1),
    discriminatorRate: adamRate(rateScale * ratesAt(step).discriminator, step - (position.adversarialSince ?? step) + 1),
    adversarialWeight: adversarialWeight(training, step - (position.adversarialSince ?? step)),
    swapWeight: swapWeight(step - (position.swappedSince ?? step)),
    dropAt: seedRandom(config.seed, 5 + step).uniform(),
    averageKeep: averageKeep(step - (position.averageSince ?? step)),
    lossScale: position.lossScale?.value ?? 1,
  })

  return {
    position,
    get whole() {
      return whole
    },
    get schedule() {
      const { adversarialWeight: ganWeight, swapWeight: ofSwaps } = scalarsAt(position.step)
      return {
        rate: rateScale * ratesAt(position.step).generator,
        augment: strengthOf(plan, training, position.step, fractionOf(plan, position)),
        ...(position.adversarialSince !== undefined && partsOf(plan, training, position).adversarial && { ganWeight }),
        ...(position.swappedSince !== undefined && { swapWeight: ofSwaps }),
      }
    },
    async advance(most) {
      const started = performance.now()
      const parts = { ...partsOf(plan, training, position), ...always }
      const fraction = fractionOf(plan, position)
      const ask = {
        strengthAt: (step: number) => strengthOf(plan, training, step, fraction),
        until: plan.kind === 'steps' ? plan.total : undefined,
      }
      // Pictures are drawn while the step is compiled.
      feed.prepare(position.step, ask)
      const run = await programFor(parts)
      let count = 1
      while (count < most && sameParts(partsOf(plan, training, { ...position, step: position.step + count }), parts)) count += 1
      const inputs = await feed.take(position.step, count, ask)
      const scalars = Array.from({ length: count }, (_, i) => scalarsAt(position.step + i))
      if (asksRecogniser(design, parts)) inputs['descriptor'] = repeated(config.source.descriptor, count)
      for (const name of scheduledOf(design, parts)) inputs[name] = { data: Float32Array.from(scalars, (of) => of[name]), shape: [count] }
      whole = false
      const outputs = await run.runMany(always.accumulate ? inParts(inputs, config.accumulate) : inputs)
      const losses = Array.from({ length: count }, (_, i) =>
        Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, meanOf(data, i, config.accumulate)])),
      )
      checkFinite(losses, position.step)
      const { sound } = outputs
      if (sound !== undefined)
        position.lossScale = nextLossScale(
          position.lossScale!,
          Array.from(sound.data, (value) => value > 0),
        )
      position.step += count
      position.elapsedMs += performance.now() - started
      whole = true
      return losses
    },
    async snapshot() {
      const now = await state()
      const average = position.averageSince !== undefined
      const rest = Object.entries(now).filter(([name]) => isSaved(name, position))
      // The losses of a step say nothing of the weights that it leaves.
      const broken = Object.entries(now).find(([, { data }]) => !(data as Float32Array).every(Number.isFinite))
      if (broken !== undefined) throw notANumber(broken[0], position.step)
      return {
        state: { ...position, fraction: fractionOf(plan, position) },
        files: { generator: pick(now, average ? 'average' : 'weights'), training: Object.fromEntries(rest) },
      }
    },
    weights: async () => pick(await state(), position.averageSince === undefined ? 'weights' : 'average'),
    async dispose() {
      await program?.run.dispose()
      recogniser?.dispose()
    },
  }
}

function startOf(from: Checkpoint | undefined): { -readonly [K in keyof Position]: Position[K] } {
  if (from === undefined) return { step: 0, elapsedMs: 0 }
  const { step, elapsedMs, averageSince, adversarialSince, swappedSince, lossScale } = from.state
  return {
    step,
    elapsedMs,
    ...(averageSince === undefined ? {} : { averageSince }),
    ...(adversarialSince === undefined ? {} : { adversarialSince }),
    ...(swappedSince === undefined ? {} : { swappedSince }),
    ...(lossScale === undefined ? {} : { lossScale }),
  }
}

/** Disposes of a program that a check refuses. */
async function orDispose<T>(program: Program, check: () => T): Promise<T> {
  try {
    return check()
  } catch (error) {
    await program.dispose()
    throw error
  }
}

function sameParts(a: StepParts, b: StepParts): boolean {
  return a.average === b.average && a.adversarial === b.adversarial && a.swapped === b.swapped
}

/** The scalars of a step that the plan gives; the others come with the cut into parts. */
function scheduledOf(design: StepDesign, parts: StepParts): Scheduled[] {
  return scalarsOf(design, parts).filter((name) => name !== 'share' && name !== 'apply')
}

function checkFinite(losses: readonly StepLosses[], step: number): void {
  const at = losses.findIndex((each) => !Object.values(each).every(Number.isFinite))
  if (at < 0) return
  const names = Object.entries(losses[at]!).filter(([, value]) => !Number.isFinite(value))
  throw notANumber(names.map(([name]) => name).join(' and '), step + at + 1)
}
