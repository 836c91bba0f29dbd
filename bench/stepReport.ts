import type { Report, Row } from './benchmark.ts'
import type { Memory } from './peer.ts'
import type { Step } from './steps.ts'
import type { OnTensorflow } from './tensorflow.ts'

/** Ours, and the peer in turn with it. Milliseconds are medians. */
export interface StepRun {
  readonly compileMs: number
  /** The first step, in which a device may still compile. */
  readonly firstMs: number
  /** A step alone in its run. */
  readonly runMs: number
  /** A step of many in a run. */
  readonly runManyMs: number
  /** Floating-point operations a second of plain matrix products on our device. */
  readonly gemmPeak: number
  readonly peakBytes: number
  /** What the program reckons to need. */
  readonly estimateBytes: number | undefined
  /** 0–1. */
  readonly javascriptShare: number
  readonly peer?: { readonly firstMs: number; readonly ms: number; readonly memory: Memory | undefined }
}

/** All that was measured of a training step. */
export interface Measured {
  readonly step: Pick<Step, 'about' | 'parameters' | 'gan'>
  readonly device: string
  readonly run: StepRun
  readonly memory: Memory
  /** To compile it when an earlier process did; undefined where the device keeps nothing. */
  readonly keptCompileMs: number | undefined
  /** Of a step's products and convolutions. */
  readonly flops: number
  readonly tensorflow: OnTensorflow | undefined
  readonly peer?: { readonly version: string; readonly parameters: number }
}

export interface StepOptions {
  readonly preset: string
  readonly threads: number
  readonly peerDevice: string
}

/** JavaScript's share of a step stays below this. */
const MOST_JAVASCRIPT = 0.03

const ms = (value: number) => `${value.toFixed(1).padStart(8)} ms`
const mb = (bytes: number) => `${(bytes / 1e6).toFixed(0).padStart(8)} MB`
const percent = (part: number) => `${(100 * part).toFixed(part < 0.1 ? 1 : 0)} %`
const rest = ({ peakBytes, bytesBefore }: Memory) => `${mb(peakBytes)}, of which ${mb(bytesBefore).trim()} before there was a network`

/** What the process on libtensorflow printed that we show beside ours. */
interface TensorflowFigures {
  readonly runManyMs: number
  /** Of the peak of its own device, which may be another. */
  readonly peakShare: number
  readonly memory: Memory
}

function eagerOf({ tensorflow }: Measured): TensorflowFigures | undefined {
  return tensorflow !== undefined && 'figures' in tensorflow ? (tensorflow.figures as unknown as TensorflowFigures) : undefined
}

/** Whether our device's peak says something of torch: not where one has a GPU and the other none. */
function sameSilicon(device: string, peerDevice: string): boolean {
  return (device === 'cpu' || device === 'tensorflow') === (peerDevice === 'cpu')
}

function rowsOf({ peerDevice }: StepOptions, measured: Measured): Row[] {
  const { device, run, peer, flops, tensorflow, memory, step } = measured
  const { gemmPeak } = run
  const eager = eagerOf(measured)
  const ofPeak = (stepMs: number) => `${percent(flops / (stepMs / 1000) / gemmPeak)} of the peak`
  const torch = peer && run.peer && { ...run.peer, name: `${peer.version}, ${peerDevice}` }
  const comparable = sameSilicon(device, peerDevice)
  const torchMs = torch && `${ms(torch.ms)}${comparable ? `, ${ofPeak(torch.ms)}` : ''}`
  return [
    [`dfk, ${device}, many steps a run`, `${ms(run.runManyMs)}, ${ofPeak(run.runManyMs)}`],
    [`dfk, ${device}, one step a run`, ms(run.runMs)],
    ...(torch ? [[`${torch.name}, eager, channels-last, fused Adam`, torchMs!] as const] : []),
    ...(eager ? [['libtensorflow by tfjs-node', `${ms(eager.runManyMs)}, ${percent(eager.peakShare)} of its own peak`] as const] : []),
    ...(tensorflow && 'missing' in tensorflow ? [['tfjs-node', `not measured: ${tensorflow.missing}`] as const] : []),
    [
      'products of a step; the peak',
      `${(flops / 1e9).toFixed(1).padStart(8)} GFLOP; ${(gemmPeak / 1e9).toFixed(0)} GFLOP/s in matMul on ${device}`,
    ],
    [`JavaScript's share of a step`, `${percent(run.javascriptShare).padStart(11)} (target: below ${percent(MOST_JAVASCRIPT)})`],
    ['dfk, compile and first step', `${ms(run.compileMs)} + ${ms(run.firstMs).trim()}`],
    ...(measured.keptCompileMs === undefined ? [] : [['dfk, compile when it was kept', ms(measured.keptCompileMs)] as const]),
    ...(torch ? [[`${torch.name}, first step`, ms(torch.firstMs)] as const] : []),
    ['dfk, peak memory', `${rest(memory)}${run.estimateBytes === undefined ? '' : `; its own estimate ${mb(run.estimateBytes).trim()}`}`],
    ...(torch?.memory ? [[`${torch.name}, peak memory`, rest(torch.memory)] as const] : []),
    ...(eager ? [['tfjs-node, peak memory', rest(eager.memory)] as const] : []),
    ['parameters', `${step.parameters}${peer ? `; of the peer's ${peer.parameters}` : ''}`],
  ]
}

/** The table, the JSON, and the ratio: to torch where it ran, else to tfjs-node. */
export function reportOf(asked: StepOptions, measured: Measured): Report {
  const { run, step, device, peer, flops, tensorflow, memory } = measured
  const { gemmPeak } = run
  const eager = eagerOf(measured)
  const peerMs = run.peer?.ms ?? eager?.runManyMs
  const share = (stepMs: number) => flops / (stepMs / 1000) / gemmPeak
  return {
    title: `training step, ${step.about}, ${asked.threads} threads, medians`,
    rows: rowsOf(asked, measured),
    figures: {
      ...{ preset: asked.preset, gan: step.gan, device, threads: asked.threads, parameters: step.parameters },
      ...{ runMs: run.runMs, runManyMs: run.runManyMs, compileMs: run.compileMs, firstStepMs: run.firstMs },
      ...(measured.keptCompileMs !== undefined && { keptCompileMs: measured.keptCompileMs }),
      ...{ flops, gemmPeakFlops: gemmPeak, peakShare: share(run.runManyMs), javascriptShare: run.javascriptShare },
      memory: { ...memory, ...(run.estimateBytes !== undefined && { estimateBytes: run.estimateBytes }) },
      ...(peer && run.peer && { peer: peer.version, peerDevice: asked.peerDevice, peerMs: run.peer.ms, peerFirstStepMs: run.peer.firstMs }),
      ...(peer && run.peer && sameSilicon(device, asked.peerDevice) && { peerPeakShare: share(run.peer.ms) }),
      ...(peer && run.peer && { peerMemory: run.peer.memory, peerParameters: peer.parameters }),
      ...(tensorflow && { tensorflow: 'figures' in tensorflow ? tensorflow.figures : { missing: tensorflow.missing } }),
    },
    ...(peerMs !== undefined && { ratio: peerMs / run.runManyMs }),
  }
}
