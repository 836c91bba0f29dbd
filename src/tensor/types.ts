import type { tf } from './tf.ts'

export type DType = 'float32' | 'int32' | 'bool'

/** Shape and type of one named tensor of a program; every size is fixed. `dtype` defaults to float32. */
export interface TensorSpec {
  readonly shape: readonly number[]
  readonly dtype?: DType
}

/** A tensor in JavaScript's memory, row-major; bool as 0 and 1. */
export interface HostTensor {
  readonly data: Float32Array | Int32Array | Uint8Array
  readonly shape: readonly number[]
}

export type HostTensors = Record<string, HostTensor>
export type TensorMap = Record<string, tf.Tensor>

/**
 * A model or a training step as a pure function of tensors: reads inputs and state, returns outputs and, where it changes,
 * the new state under the same names (names left out keep their value). Gradients come from `tf.valueAndGrads` and `tf.grads`;
 * no `tf.Variable`, no `tf.train`, no reading of tensors (`dataSync`), no randomness but what the inputs carry.
 */
export type ProgramFn = (inputs: TensorMap, state: TensorMap) => { outputs: TensorMap; state?: TensorMap }

/** A program, or one that has to be loaded first: a device that has kept it compiled does without. */
export type ProgramSource = ProgramFn | { load(): Promise<ProgramFn> }

export interface Signature {
  readonly inputs: Readonly<Record<string, TensorSpec>>
  readonly state?: Readonly<Record<string, TensorSpec>>
}

/** A compiled program. Its state lives on the device between runs. */
export interface Program {
  /** What a run is reckoned to need of the device's memory, in bytes: state, constants, and the most that lives at once in between. Undefined where nobody knows. */
  readonly memoryBytes: number | undefined
  /** One step. */
  run(inputs: HostTensors): Promise<HostTensors>
  /** K steps in one call: every input has a leading axis K, and so has every output. The same bits as K calls of `run`. */
  runMany(inputs: HostTensors): Promise<HostTensors>
  readState(): Promise<HostTensors>
  /** Sets the state, all of it or the names given; the first call must give all of it. */
  writeState(state: HostTensors): Promise<void>
  dispose(): Promise<void>
}

export interface CompileOptions {
  /** For messages. */
  readonly name?: string
  /**
   * float16: products and convolutions in half precision, everything else, state and results included, in float32. Gradients of a training step
   * then need a scaled loss, or small ones vanish. On webgpu and cuda where the GPU has it; other devices refuse. Default: float32.
   */
  readonly precision?: Precision
  /**
   * Says what the program computes, so that a program compiled before, in another process, may be taken instead: must change whenever the program
   * would give another graph for the same signature, with the code that it calls and its constants too. Without it every process compiles anew. Only `cpu` keeps programs.
   */
  readonly cacheKey?: string
}

export type Precision = 'float32' | 'float16'

export type DeviceName = 'cpu' | 'webgpu' | 'cuda' | 'tensorflow'

/** Something that runs programs. Peers of each other; the heavy ones load when they are opened. */
export interface Device {
  readonly name: DeviceName
  /** Why this device, for people: "asked for", "no GPU found". */
  readonly reason: string
  compile(source: ProgramSource, signature: Signature, options?: CompileOptions): Promise<Program>
}

export interface DeviceStatus {
  readonly name: DeviceName
  readonly available: boolean
  readonly reason: string
  /** What would make it available. */
  readonly hint?: string
}

export interface DeviceOptions {
  /** Threads of the CPU that compute, on the device `cpu`; default: all cores. */
  readonly threads?: number
  /** Whether other work wants the cores meanwhile, on the device `cpu`: threads then sleep while they have nothing to do rather than spin. The same bits. */
  readonly sharesCores?: boolean
}
