import { z } from 'zod'
import { openFaceAnalyser } from '../src/faces/index.ts'
import { PRESETS } from '../src/models/presets.ts'
import { FACE_BATCH } from '../src/swap/render.ts'
import { type Device, openDevice } from '../src/tensor/index.ts'
import { checkInterrupted } from '../src/work/errors.ts'
import { sampleVideo } from '../test/support/data.ts'
import { defineBenchmark, type Report, type Row, rounds, SHARED } from './benchmark.ts'
import { measureNetworks, type NetworkTime, networkRows } from './networks.ts'
import { type Memory, type Peer, startPeer } from './peer.ts'
import { medianOf, peakBytes, timed } from './sampling.ts'
import { faceSubjects, openSwap, type Subject } from './subjects.ts'
import { type OnTensorflow, runOnTensorflow } from './tensorflow.ts'

const options = z.object({
  preset: z.enum(['quick', 'standard']).default('quick').describe('the generator'),
  clip: z
    .string()
    .optional()
    .describe('clip whose first frame the face networks look at (default: a sample clip)')
    .meta({ flag: '--clip <file>' }),
  ...SHARED,
  rounds: rounds(10),
})
type Options = z.output<typeof options>

/** Calls of each network a round. */
const CALLS = 8

interface Rates {
  /** In faces or pictures a second, by the subject's name. */
  readonly ours: Readonly<Record<string, number>>
  readonly peer: number | undefined
}

/** How much of each subject gets done in a second, and of the peer, which takes its turn after the generator: medians. */
async function measure(subjects: readonly Subject[], peer: Peer | undefined, count: number, signal: AbortSignal): Promise<Rates> {
  const timesMs = subjects.map((): number[] => [])
  const peerMs: number[] = []
  for (const { call } of subjects) await call()
  await peer?.steps(3)
  for (let round = 0; round < count; round += 1) {
    for (const [index, { call }] of subjects.entries()) {
      checkInterrupted(signal)
      for (let i = 0; i < CALLS; i += 1) timesMs[index]!.push(await timed(call))
      if (index === 0 && peer !== undefined) peerMs.push(...(await peer.steps(CALLS)))
    }
  }
  return {
    ours: Object.fromEntries(subjects.map(({ name, size }, index) => [name, (1000 * size) / medianOf(timesMs[index]!)])),
    peer: peer && (1000 * FACE_BATCH) / medianOf(peerMs),
  }
}

/** All that was measured. */
interface Measured {
  readonly device: string
  readonly parameters: number
  readonly subjects: readonly Subject[]
  readonly rates: Rates
  readonly networks: readonly NetworkTime[]
  readonly memory: Memory
  readonly tensorflow: OnTensorflow | undefined
  readonly peer: Peer | undefined
}

/** What the process on libtensorflow printed that we show beside ours. */
interface TensorflowFigures {
  readonly perSecond: Readonly<Record<string, number>>
  readonly networks: readonly NetworkTime[]
  readonly memory: Memory
}

const mb = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`

function reportOf(asked: Options, measured: Measured): Report {
  const { preset, threads, peerDevice } = asked
  const { device, parameters, subjects, rates, networks, memory, tensorflow, peer } = measured
  const eager = tensorflow && 'figures' in tensorflow ? (tensorflow.figures as unknown as TensorflowFigures) : undefined
  const outcome = (rate: number, unit: Subject['unit']) => `${rate.toFixed(1).padStart(8)} ${unit}/s`
  const beside = (name: string) => (eager ? `; tfjs-node ${eager.perSecond[name]!.toFixed(1)}` : '')
  const rows: Row[] = subjects.map(({ name, unit }) => [`dfk, ${device}: ${name}`, outcome(rates.ours[name]!, unit) + beside(name)])
  const torchMemory = peer?.memory()
  if (peer !== undefined) rows.push([`${peer.version}, ${peerDevice}: generator, eager, channels-last`, outcome(rates.peer!, 'faces')])
  rows.push(...networkRows(device, networks, eager?.networks))
  if (tensorflow && 'missing' in tensorflow) rows.push(['tfjs-node', `not measured: ${tensorflow.missing}`])
  const others = `${torchMemory ? `; torch ${mb(torchMemory.peakBytes)}` : ''}${eager ? `; tfjs-node ${mb(eager.memory.peakBytes)}` : ''}`
  rows.push([
    'peak memory of the process',
    `${mb(memory.peakBytes)}, of which ${mb(memory.bytesBefore)} before there was a network${others}`,
  ])
  const peerRate = rates.peer ?? eager?.perSecond['generator']
  return {
    title: `inference, generator ${preset} in batches of ${FACE_BATCH}, the others one by one, ${threads} threads, medians`,
    rows: [...rows, ['parameters of the generator', `${parameters}${peer ? `; of the peer's ${peer.parameters}` : ''}`]],
    figures: {
      ...{ preset, device, threads, parameters, perSecond: rates.ours, networks, memory },
      ...(peer && { peer: peer.version, peerDevice, peerPerSecond: rates.peer, peerMemory: torchMemory, peerParameters: peer.parameters }),
      ...(tensorflow && { tensorflow: 'figures' in tensorflow ? tensorflow.figures : { missing: tensorflow.missing } }),
    },
    ...(peerRate !== undefined && { ratio: rates.ours['generator']! / peerRate }),
  }
}

/** Rounds on libtensorflow, which has no turns to take. */
const MOST_TENSORFLOW_ROUNDS = 3

async function onTensorflow(asked: Options, device: Device, signal: AbortSignal): Promise<OnTensorflow | undefined> {
  if (device.name === 'tensorflow') return undefined
  const clip = asked.clip === undefined ? [] : ['--clip', asked.clip]
  const args = ['--preset', asked.preset, ...clip, '--rounds', String(Math.min(asked.rounds, MOST_TENSORFLOW_ROUNDS))]
  return runOnTensorflow('infer', args, asked.threads, signal)
}

/** Faces a second of every network that a swap needs. */
export const infer = defineBenchmark({
  name: 'infer',
  summary:
    'faces a second of generator, detector, landmarks and descriptor, and ms of each face network alone; peers: PyTorch (generator), tfjs-node (all)',
  options,
  async run(asked, signal) {
    const { preset, python, threads, peerDevice } = asked
    const bytesBefore = peakBytes()
    const device = await openDevice(asked.device, { threads })
    const networks = await measureNetworks(device, asked.rounds, signal)
    const swap = await openSwap(device, preset)
    const analyser = await openFaceAnalyser(device)
    const settings = { mode: 'swap', batch: FACE_BATCH, generator: PRESETS[preset].generator, threads, device: peerDevice }
    const { parameters } = swap
    let peer: Peer | undefined
    let subjects: Subject[]
    let rates: Rates
    try {
      peer = python === undefined ? undefined : await startPeer(python, { script: 'generator.py', settings, parameters })
      subjects = [swap.subject, ...(await faceSubjects(analyser, asked.clip ?? sampleVideo('cap13_edit2.mp4')))]
      rates = await measure(subjects, peer, asked.rounds, signal)
    } finally {
      peer?.close()
      await analyser.dispose()
      await swap.dispose()
    }
    const memory = { peakBytes: peakBytes(), bytesBefore }
    const tensorflow = await onTensorflow(asked, device, signal)
    return reportOf(asked, { device: device.name, parameters, subjects, rates, networks, memory, tensorflow, peer })
  },
})
