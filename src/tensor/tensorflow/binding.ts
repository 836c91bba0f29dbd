import { tf } from '../tf.ts'

/** An attribute of an operation, as tfjs-node's kernels give it; `type` is one of the binding's TF_ATTR_ numbers. */
export interface OpAttribute {
  readonly name: string
  readonly type: number
  readonly value: unknown
}

/** A tensor of libtensorflow: its handle, its shape and TensorFlow's number of its type. */
export interface Handle {
  readonly id: number
  readonly shape: readonly number[]
  readonly dtype: number
}

export type Elements = Float32Array | Int32Array | Uint8Array

/** What we use of tfjs-node's native binding; names of nodes are joined by commas, each with `:` and the output's index. */
export interface Binding {
  readonly TF_ATTR_STRING: number
  readonly TF_ATTR_INT: number
  readonly TF_ATTR_FLOAT: number
  readonly TF_ATTR_BOOL: number
  readonly TF_ATTR_TYPE: number
  readonly TF_ATTR_SHAPE: number
  createTensor(shape: readonly number[], dtype: number, values: unknown): number
  deleteTensor(id: number): void
  tensorDataSync(id: number): Elements
  executeOp(name: string, attributes: readonly OpAttribute[], inputs: readonly number[], outputs: number): Handle[]
  loadSavedModel(folder: string, tags: string): number
  deleteSavedModel(id: number): void
  runSavedModel(id: number, inputs: readonly number[], inputNames: string, outputNames: string): Handle[]
}

/** tfjs-node's backend: every kernel goes through `binding.executeOp`. */
export interface NodeBackend {
  binding: Binding
  readonly isUsingGpuDevice: boolean
  /** Handles of tensors; what lies in JavaScript's memory goes to libtensorflow first. */
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[]
}

const BACKEND = 'tensorflow'

/** The backend that tfjs-node registered; null before it is loaded. */
export function findNodeBackend(): NodeBackend | null {
  return tf.findBackend(BACKEND) as unknown as NodeBackend | null
}

/** TensorFlow's numbers of the types that programs use (tensorflow/core/framework/types.proto). */
export const DT = { float32: 1, int32: 3, bool: 10, resource: 20 } as const

/** Runs `body` with libtensorflow as the engine's backend, and puts back the one before: nobody else must notice. */
export function onTensorflow<T>(body: () => T): T {
  const before = tf.getBackend()
  void tf.setBackend(BACKEND)
  try {
    return body()
  } finally {
    if (before) void tf.setBackend(before)
  }
}
