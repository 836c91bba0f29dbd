import { availableParallelism } from 'node:os'
import { type DeviceName, type HostTensors, openDevice, type Program } from '../src/tensor/index.ts'
import { autoencoderSignature, autoencoderState, autoencoderStep, BATCH } from './autoencoder.ts'
import { type Peer, startPeer } from './peer.ts'
import { medianOf, randomFrom } from './sampling.ts'

interface TrainStepOptions {
  readonly device: DeviceName | 'auto'
  readonly python?: string
  readonly threads?: number
  readonly rounds: number
}

interface TrainStepResult {
  readonly bench: 'train-step'
  readonly preset: 'autoencoder'
  readonly device: DeviceName
  readonly threads: number
  readonly runMs: number
  readonly runManyMs: number
  readonly peer?: string
  readonly peerMs?: number
  readonly peerParameters?: number
}

const STEPS_A_RUN = 16
const STEPS_ONE_BY_ONE = 8

/** Median milliseconds of a training step: ours one by one, ours many a run, PyTorch's; measured in turn, round after round. */
export async function benchTrainStep(options: TrainStepOptions): Promise<TrainStepResult> {
  const threads = options.threads ?? availableParallelism()
  const device = await openDevice(options.device, { threads })
  const program = await device.compile(autoencoderStep, autoencoderSignature)
  await program.writeState(autoencoderState(randomFrom(1)))
  const peer = options.python === undefined ? undefined : await startPeer(options.python, threads)
  const times = { run: [] as number[], runMany: [] as number[], peer: [] as number[] }
  try {
    await warmUp(program, peer)
    for (let round = 0; round < options.rounds; round += 1) {
      times.runMany.push((await timed(() => program.runMany(batch(STEPS_A_RUN)))) / STEPS_A_RUN)
      if (peer !== undefined) times.peer.push(...(await peer.steps(STEPS_ONE_BY_ONE)))
      for (let i = 0; i < STEPS_ONE_BY_ONE; i += 1) times.run.push(await timed(() => program.run(batch())))
    }
  } finally {
    peer?.close()
    await program.dispose()
  }
  return {
    bench: 'train-step',
    preset: 'autoencoder',
    device: device.name,
    threads,
    runMs: medianOf(times.run),
    runManyMs: medianOf(times.runMany),
    ...(peer && { peer: `torch ${peer.version}`, peerMs: medianOf(times.peer), peerParameters: peer.parameters }),
  }
}

async function warmUp(program: Program, peer: Peer | undefined): Promise<void> {
  await program.runMany(batch(2))
  await program.run(batch())
  await peer?.steps(3)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** The same random pictures for every step; with `steps`, stacked. */
function batch(steps?: number): HostTensors {
  const lead = steps === undefined ? [] : [steps]
  const shape = [...lead, BATCH, 64, 64, 3]
  const random = randomFrom(2)
  const data = Float32Array.from({ length: (steps ?? 1) * BATCH * 64 * 64 * 3 }, () => random())
  return { x: { data, shape }, y: { data, shape }, rate: { data: new Float32Array(steps ?? 1).fill(1e-4), shape: lead } }
}
