import { z } from 'zod'
import { openDevice, type Program } from '../src/tensor/index.ts'
import { checkInterrupted, UsageError } from '../src/work/errors.ts'
import { defineBenchmark, type Report, type Row, rounds, SHARED } from './benchmark.ts'
import { type Peer, startPeer } from './peer.ts'
import { medianOf, randomInputs, timed } from './sampling.ts'
import { autoencoder, presetStep, type Step } from './steps.ts'

const options = z.object({
  preset: z
    .enum(['autoencoder', 'quick', 'standard'])
    .default('autoencoder')
    .describe("DESIGN.md's network of 11.4 M parameters, or a preset of dfk train"),
  gan: z.boolean().default(false).describe('with the discriminator and the running average, as in the last part of a run (presets only)'),
  ...SHARED,
  rounds: rounds(5),
})
type Options = z.output<typeof options>

interface Times {
  readonly single: number[]
  readonly together: number[]
  readonly peer: number[]
}

async function measure(program: Program, step: Step, peer: Peer | undefined, count: number, signal: AbortSignal): Promise<Times> {
  const times: Times = { single: [], together: [], peer: [] }
  const { together, single } = step.steps
  const one = randomInputs(step.signature, step.scalars)
  const many = randomInputs(step.signature, step.scalars, together)
  await program.runMany(randomInputs(step.signature, step.scalars, 2))
  await program.run(one)
  await peer?.steps(3)
  for (let round = 0; round < count; round += 1) {
    checkInterrupted(signal)
    times.together.push((await timed(() => program.runMany(many))) / together)
    if (peer !== undefined) times.peer.push(...(await peer.steps(single)))
    for (let i = 0; i < single; i += 1) times.single.push(await timed(() => program.run(one)))
  }
  return times
}

function reportOf(step: Step, asked: Options, deviceName: string, times: Times, peer: Peer | undefined): Report {
  const runMs = medianOf(times.single)
  const runManyMs = medianOf(times.together)
  const peerMs = peer && medianOf(times.peer)
  const ms = (value: number) => `${value.toFixed(1).padStart(8)} ms`
  const rows: Row[] = [
    [`dfk, ${deviceName}, many steps a run`, ms(runManyMs)],
    [`dfk, ${deviceName}, one step a run`, ms(runMs)],
    ['parameters of ours', String(step.parameters)],
  ]
  if (peer !== undefined) {
    rows.push([`${peer.version}, ${asked.peerDevice}, eager, channels-last, fused Adam`, ms(peerMs!)])
    rows.push(['parameters of the peer', String(peer.parameters)])
  }
  return {
    title: `training step, ${step.about}, ${asked.threads} threads, medians`,
    rows,
    figures: {
      ...{
        preset: asked.preset,
        gan: asked.gan,
        device: deviceName,
        threads: asked.threads,
        parameters: step.parameters,
        runMs,
        runManyMs,
      },
      ...(peer && { peer: peer.version, peerDevice: asked.peerDevice, peerMs, peerParameters: peer.parameters }),
    },
    ...(peerMs !== undefined && { ratio: peerMs / runManyMs }),
  }
}

/** Milliseconds of a training step: ours one by one, ours many a run, PyTorch's; measured in turn, round after round. */
export const trainStep = defineBenchmark({
  name: 'train-step',
  summary: 'milliseconds of a training step; peer: the same step in PyTorch',
  options,
  async run(asked, signal) {
    if (asked.gan && asked.preset === 'autoencoder')
      throw new UsageError('expected --preset quick or standard beside --gan but found autoencoder')
    const step = asked.preset === 'autoencoder' ? autoencoder() : presetStep(asked.preset, asked.gan)
    const settings = { ...step.peer.settings, threads: asked.threads, device: asked.peerDevice }
    const device = await openDevice(asked.device, { threads: asked.threads })
    const { python } = asked
    const peer = python === undefined ? undefined : await startPeer(python, { ...step.peer, settings, parameters: step.parameters })
    let program: Program | undefined
    try {
      program = await device.compile(step.program, step.signature, { name: 'training step' })
      await program.writeState(step.state)
      return reportOf(step, asked, device.name, await measure(program, step, peer, asked.rounds, signal), peer)
    } finally {
      peer?.close()
      await program?.dispose()
    }
  },
})
