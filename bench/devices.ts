import { z } from 'zod'
import { adamRate } from '../src/models/optimizer.ts'
import { PRESET_NAMES, PRESETS, type PresetName, STYLES } from '../src/models/presets.ts'
import { initialState, type StepDesign, type StepParts, stepSignature, trainStep } from '../src/models/step.ts'
import { type Device, type HostTensors, openDevice, type Precision, type Signature } from '../src/tensor/index.ts'
import { FIRST_LOSS_SCALE } from '../src/train/lossScale.ts'
import { checkInterrupted } from '../src/work/errors.ts'
import { defineBenchmark, type Row, SHARED } from './benchmark.ts'
import { medianOf, randomFrom, sizeOf, timed } from './sampling.ts'
import { openSwap } from './subjects.ts'

const isPreset = (name: string): name is PresetName => (PRESET_NAMES as readonly string[]).includes(name)

const options = z.object({
  device: z
    .enum(['webgpu', 'cuda', 'tensorflow', 'cpu'])
    .default('webgpu')
    .describe('the device to hold against the CPU; cpu itself against one thread of it, which shows what rounding alone does'),
  presets: z
    .string()
    .default('quick,standard')
    .transform((text, context): PresetName[] => {
      const names = text.split(',')
      for (const name of names) if (!isPreset(name)) context.addIssue(`expected presets of ${PRESET_NAMES.join(', ')}, not ${name}`)
      return names.filter(isPreset)
    })
    .describe('presets of dfk train whose steps are taken')
    .meta({ flag: '--presets <name,...>' }),
  steps: z.int().min(1).default(10).describe('steps that both take from the same state with the same pictures'),
  seconds: z.number().positive().default(2).describe('how long each is timed after that'),
  precision: z.enum(['float32', 'float16']).default('float32').describe('of products on the device; the CPU stays at float32'),
  threads: SHARED.threads,
})
type Options = z.output<typeof options>

/** A training step as `dfk train` compiles it. */
interface Subject {
  readonly name: string
  readonly preset: PresetName
  readonly design: StepDesign
  readonly parts: StepParts
}

/** Where so many steps led, and how fast. */
interface Trained {
  /** Of each step, by name. */
  readonly losses: readonly Readonly<Record<string, number>>[]
  readonly state: HostTensors
  readonly compileMs: number
  /** The first step, in which a device may still compile. */
  readonly firstMs: number
  /** A step of a second call and later ones, median. */
  readonly stepMs: number
}

/** How far a device ended from the CPU. */
interface Difference {
  /** The largest of any loss of any step, relative to it. */
  readonly loss: number
  /** Of all weights together, relative to their norm, and to how far the steps moved them. */
  readonly weights: number
  readonly movement: number
}

/** Steps without the discriminator, as in the first part of a run, and with it. */
function subjectsOf(preset: PresetName): Subject[] {
  const { generator, discriminator, training } = PRESETS[preset]
  const design: StepDesign = { generator, discriminator, losses: STYLES.balanced.losses, optimizer: training.optimizer }
  return [false, true].map((gan) => ({
    name: `${preset}${gan ? ' with discriminator' : ''}`,
    preset,
    design,
    parts: { average: gan, adversarial: gan },
  }))
}

const SCALARS: Readonly<Record<string, (step: number) => number>> = {
  generatorRate: (step) => adamRate(2e-4, step + 1),
  discriminatorRate: (step) => adamRate(1e-4, step + 1),
  adversarialWeight: () => 0.1,
  averageKeep: () => 0.99,
  lossScale: () => FIRST_LOSS_SCALE.value,
}

/** Pictures and the scalars of a step: the same for the same step on every device. */
function inputsOf({ inputs }: Signature, step: number): HostTensors {
  const each = Object.entries(inputs).map(([name, { shape }], at) => {
    const random = randomFrom(1000 * step + at)
    const scalar = SCALARS[name]?.(step)
    return [name, { data: Float32Array.from({ length: sizeOf(shape) }, () => scalar ?? random()), shape }] as const
  })
  return Object.fromEntries(each)
}

/** Median milliseconds of some work, done again and again for so many seconds, once at least. */
async function medianTime(work: () => Promise<unknown>, seconds: number, signal: AbortSignal): Promise<number> {
  const times: number[] = []
  for (const until = performance.now() + 1000 * seconds; times.length === 0 || performance.now() < until; ) {
    checkInterrupted(signal)
    times.push(await timed(work))
  }
  return medianOf(times)
}

/** The state that a subject's steps begin with; the running average begins with the weights. */
function startOf({ design }: Subject): HostTensors {
  const start = initialState(design, 1)
  for (const [name, tensor] of Object.entries(start)) if (name.startsWith('weights/')) start[name.replace('weights', 'average')] = tensor
  return start
}

async function take(
  { device, precision }: { readonly device: Device; readonly precision: Precision },
  subject: Subject,
  start: HostTensors,
  asked: Options,
  signal: AbortSignal,
): Promise<Trained> {
  const parts = { ...subject.parts, scaled: precision === 'float16' }
  const signature = stepSignature(subject.design, PRESETS[subject.preset].batch, parts)
  const started = performance.now()
  const program = await device.compile(trainStep(subject.design, parts), signature, { name: 'training step', precision })
  const compileMs = performance.now() - started
  try {
    await program.writeState(Object.fromEntries(Object.keys(signature.state ?? {}).map((name) => [name, start[name]!])))
    const [losses, times]: [Record<string, number>[], number[]] = [[], []]
    for (let step = 0; step < asked.steps; step += 1) {
      checkInterrupted(signal)
      const inputs = inputsOf(signature, step)
      times.push(
        await timed(async () => {
          const outputs = await program.run(inputs)
          losses.push(Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data[0]!])))
        }),
      )
    }
    const state = await program.readState()
    const inputs = inputsOf(signature, asked.steps)
    const stepMs = await medianTime(() => program.run(inputs), asked.seconds, signal)
    return { losses, state, compileMs, firstMs: times[0]!, stepMs }
  } finally {
    await program.dispose()
  }
}

/** Compares where two devices' steps led from the same state. Losses near zero are measured against a hundredth. */
export function differenceOf(
  ours: Pick<Trained, 'losses' | 'state'>,
  truth: Pick<Trained, 'losses' | 'state'>,
  start: HostTensors,
): Difference {
  let loss = 0
  truth.losses.forEach((expected, step) => {
    for (const [name, value] of Object.entries(expected)) {
      const apart = Math.abs(ours.losses[step]![name]! - value) / Math.max(Math.abs(value), 0.01)
      // Not a number is as far as can be.
      loss = Math.max(loss, Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart)
    }
  })
  let [apart, whole, moved] = [0, 0, 0]
  for (const [name, { data }] of Object.entries(truth.state)) {
    if (!/^(d\.)?weights\//.test(name)) continue
    const [other, before] = [ours.state[name]!.data, start[name]!.data]
    data.forEach((value, i) => {
      apart += (other[i]! - value) ** 2
      whole += value ** 2
      moved += (before[i]! - value) ** 2
    })
  }
  return { loss, weights: Math.sqrt(apart / whole), movement: Math.sqrt(apart / moved) }
}

const ms = (value: number) => `${value.toFixed(1)} ms`
const small = (value: number) => value.toExponential(1)

/** Faces a second of the generator of a preset, as a swap runs it. */
async function facesPerSecond(device: Device, preset: PresetName, seconds: number, signal: AbortSignal): Promise<number> {
  const { subject, dispose } = await openSwap(device, preset)
  try {
    await subject.call()
    return (1000 * subject.size) / (await medianTime(subject.call, seconds, signal))
  } finally {
    await dispose()
  }
}

/** What a preset's steps came to on both. */
interface Outcome {
  readonly step: string
  readonly difference: Difference
  readonly stepMs: number
  readonly cpuMs: number
  readonly compileMs: number
  readonly firstMs: number
}

/** Whether a device computes what the CPU does, and how fast beside it. */
export const devices = defineBenchmark({
  name: 'devices',
  summary: 'whether a device trains to where the CPU does, step by step from the same state, and how fast: for a machine with a GPU',
  options,
  async run(asked, signal) {
    const device = await openDevice(asked.device, { threads: asked.threads })
    const threads = asked.device === 'cpu' ? 1 : asked.threads
    const cpu = await openDevice('cpu', { threads })
    const [rows, outcomes, faces]: [Row[], Outcome[], Record<string, number>] = [[], [], {}]
    for (const preset of asked.presets) {
      for (const subject of subjectsOf(preset)) {
        const start = startOf(subject)
        const ours = await take({ device, precision: asked.precision }, subject, start, asked, signal)
        const truth = await take({ device: cpu, precision: 'float32' }, subject, start, asked, signal)
        const difference = differenceOf(ours, truth, start)
        const { stepMs, compileMs, firstMs } = ours
        outcomes.push({ step: subject.name, difference, stepMs, cpuMs: truth.stepMs, compileMs, firstMs })
        const { loss, weights, movement } = difference
        const row = [
          subject.name,
          `${ms(stepMs)} a step, CPU ${ms(truth.stepMs)}; apart: losses ${small(loss)}, weights ${small(weights)}, ${small(movement)} of what they moved; compile ${ms(compileMs)}, first step ${ms(firstMs)}`,
        ] as const
        rows.push(row)
        process.stderr.write(`${row.join(': ')}\n`)
      }
      faces[preset] = await facesPerSecond(device, preset, asked.seconds, signal)
      rows.push([`${preset}, rendering in float32`, `${faces[preset].toFixed(0)} faces/s`])
    }
    const ratios = outcomes.map(({ cpuMs, stepMs }) => cpuMs / stepMs)
    return {
      title: `${device.name} in ${asked.precision} beside the CPU with ${threads} threads, ${asked.steps} steps`,
      rows,
      figures: {
        device: device.name,
        precision: asked.precision,
        threads: asked.threads,
        steps: asked.steps,
        outcomes,
        facesPerSecond: faces,
      },
      ratio: medianOf(ratios),
    }
  },
})
