import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { PRESET_NAMES } from '../src/models/presets.ts'
import { type Device, openDevice, type Precision, type Program } from '../src/tensor/index.ts'
import { checkInterrupted, UsageError } from '../src/work/errors.ts'
import { defineBenchmark, rounds, SHARED } from './benchmark.ts'
import { detectorStep } from './detectorStep.ts'
import { countFlops, openGemm } from './flops.ts'
import { javascriptShare } from './javascript.ts'
import { type Memory, type Peer, startPeer } from './peer.ts'
import { medianOf, peakBytes, randomInputs, timed } from './sampling.ts'
import { type Measured, reportOf, type StepRun } from './stepReport.ts'
import { autoencoder, presetStep, type Step } from './steps.ts'
import { type OnTensorflow, runOnTensorflow } from './tensorflow.ts'

const options = z.object({
  preset: z
    .enum(['autoencoder', ...PRESET_NAMES, 'detector'])
    .default('autoencoder')
    .describe("DESIGN.md's network of 11.4 M parameters, a preset of dfk train, or the network of dfk detect"),
  gan: z
    .boolean()
    .optional()
    .describe('with the discriminator and the running average, as in the last part of a run: what presets do unless told otherwise'),
  // The other half of --gan: commander puts the two in one value, which is read above.
  withoutGan: z.boolean().optional().describe('without the discriminator, as in the first part of a run').meta({ flag: '--no-gan' }),
  precision: z
    .enum(['float32', 'float16'])
    .default('float32')
    .describe('float16: of products on our device; the peer then computes them in bfloat16, its autocast'),
  ...SHARED,
  rounds: rounds(5),
})
type Options = z.output<typeof options>

/** Rounds on libtensorflow, which has no turns to take. */
const MOST_TENSORFLOW_ROUNDS = 3

function stepOf({ preset, gan, precision }: Options): Step {
  if (preset !== 'autoencoder' && preset !== 'detector') return presetStep(preset, gan ?? true, precision)
  if (precision !== 'float32') throw new UsageError(`expected --preset quick, standard or hq beside --precision but found ${preset}`)
  if (gan !== true) return preset === 'detector' ? detectorStep() : autoencoder()
  throw new UsageError(`expected --preset quick, standard or hq beside --gan but found ${preset}`)
}

/** Compiles ours and takes turns with the peer: many steps a run, one step a run. */
async function takeTurns(
  { device, precision }: { readonly device: Device; readonly precision: Precision },
  step: Step,
  peer: Peer | undefined,
  count: number,
  signal: AbortSignal,
): Promise<StepRun> {
  const [single, together, peerMs]: [number[], number[], number[]] = [[], [], []]
  let program: Program | undefined
  const compileMs = await timed(async () => {
    program = await device.compile(step.program, step.signature, { name: 'training step', precision })
  })
  const ready = program!
  const gemm = await openGemm(device)
  try {
    await ready.writeState(step.state())
    const one = randomInputs(step.signature, step.scalars)
    const many = randomInputs(step.signature, step.scalars, step.steps.together)
    const firstMs = await timed(() => ready.run(one))
    await ready.runMany(randomInputs(step.signature, step.scalars, 2))
    const peerFirstMs = (await peer?.steps(3))?.[0]
    for (let round = 0; round < count; round += 1) {
      checkInterrupted(signal)
      await gemm.measure()
      together.push((await timed(() => ready.runMany(many))) / step.steps.together)
      if (peer !== undefined) peerMs.push(...(await peer.steps(step.steps.single)))
      for (let i = 0; i < step.steps.single; i += 1) single.push(await timed(() => ready.run(one)))
    }
    return {
      ...{ compileMs, firstMs, runMs: medianOf(single), runManyMs: medianOf(together), gemmPeak: gemm.peak() },
      // Before the profiler, which takes memory of its own.
      peakBytes: peakBytes(),
      estimateBytes: ready.memoryBytes,
      javascriptShare: await javascriptShare(() => ready.runMany(many)),
      ...(peer && { peer: { firstMs: peerFirstMs!, ms: medianOf(peerMs), memory: peer.memory() } }),
    }
  } finally {
    await gemm.dispose()
    await ready.dispose()
  }
}

/** Milliseconds that a step takes to compile when it was kept before: on the CPU alone, in a folder that goes again. */
async function keptCompileMs(device: Device, step: Step): Promise<number | undefined> {
  if (device.name !== 'cpu') return undefined
  const before = process.env['DFK_CACHE']
  const folder = await mkdtemp(join(tmpdir(), 'dfk-bench-'))
  process.env['DFK_CACHE'] = folder
  const compile = async () => (await device.compile(step.program, step.signature, { cacheKey: 'bench' })).dispose()
  try {
    await compile()
    return await timed(compile)
  } finally {
    if (before === undefined) delete process.env['DFK_CACHE']
    else process.env['DFK_CACHE'] = before
    await rm(folder, { recursive: true, force: true })
  }
}

/** The same step on tfjs-node, unless ours runs there already. */
async function onTensorflow(asked: Options, device: Device, signal: AbortSignal): Promise<OnTensorflow | undefined> {
  if (device.name === 'tensorflow') return undefined
  const gan = asked.gan === false ? ['--no-gan'] : []
  const args = ['--preset', asked.preset, ...gan, '--rounds', String(Math.min(asked.rounds, MOST_TENSORFLOW_ROUNDS))]
  return runOnTensorflow('train-step', args, asked.threads, signal)
}

/** A training step: ours one by one and many a run, PyTorch's in turn with it, tfjs-node's after; beside the machine's own matrix products. */
export const trainStep = defineBenchmark({
  name: 'train-step',
  summary:
    'milliseconds, memory and compile time of a training step; peers: the same step in PyTorch, and on tfjs-node where it is installed',
  options,
  async run(asked, signal) {
    const bytesBefore = peakBytes()
    const step = stepOf(asked)
    const settings = { ...step.peer.settings, threads: asked.threads, device: asked.peerDevice }
    const device = await openDevice(asked.device, { threads: asked.threads })
    const { python } = asked
    const peer = python === undefined ? undefined : await startPeer(python, { ...step.peer, settings, parameters: step.parameters })
    let run: StepRun
    try {
      run = await takeTurns({ device, precision: asked.precision }, step, peer, asked.rounds, signal)
    } finally {
      peer?.close()
    }
    const memory: Memory = { peakBytes: run.peakBytes, bytesBefore }
    const measured: Measured = {
      ...{ step, device: device.name, run, memory },
      keptCompileMs: await keptCompileMs(device, step),
      flops: countFlops(step.program, step.signature),
      tensorflow: await onTensorflow(asked, device, signal),
      ...(peer && { peer: { version: peer.version, parameters: peer.parameters } }),
    }
    return reportOf(asked, measured)
  },
})
