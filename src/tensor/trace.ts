import { DfkError } from '../work/errors.ts'
import { askedFor, missingKernel, refuseRandom } from './asking.ts'
import { foldConstants } from './fold.ts'
import { type Elements, type ElementType, Graph, type Value } from './graph.ts'
import { KERNELS } from './kernels/index.ts'
import type { KernelCall } from './kernels/kernel.ts'
import { typed } from './kernels/types.ts'
import { type Lowering, PORTABLE } from './lowering.ts'
import { tf } from './tf.ts'
import type { DType, ProgramFn, Signature, TensorMap } from './types.ts'

const BACKEND = 'dfk-trace'

/** One call of a program, written down: the graph, and which of its edges are the program's inputs, outputs and state. */
export interface Trace {
  readonly graph: Graph
  readonly inputs: Readonly<Record<string, Value>>
  readonly outputs: Readonly<Record<string, Value>>
  readonly state: Readonly<Record<string, Value>>
  /** The state after the step; the same names as `state`. */
  readonly nextState: Readonly<Record<string, Value>>
}

/** A tf.js backend that computes nothing: its kernels append nodes to a graph. */
class TraceBackend extends tf.KernelBackend {
  graph = new Graph()
  readonly #values = new Map<object, Value>()

  /** Starts a new graph; whatever the last one held is forgotten. */
  begin(lowering: Lowering): void {
    this.graph = new Graph(lowering)
    this.#values.clear()
  }

  hold(value: Value): object {
    const dataId = {}
    this.#values.set(dataId, value)
    return dataId
  }

  /** The edge that stands for a tensor; a tensor that lives on another backend becomes a constant and stays there. */
  edgeOf(info: tf.TensorInfo): Value {
    const held = this.#values.get(info.dataId)
    if (held !== undefined) return sameShape(held, info.shape) ? held : { ...held, ...this.#reshaped(held, info.shape) }
    const owner = tf.engine().state.tensorInfo.get(info.dataId)?.backend
    if (owner === undefined) {
      throw new DfkError('expected a live tensor but found one that was disposed of, while tracing', {
        hint: 'create tensors that the program captures outside tf.tidy, and dispose of them after compile()',
      })
    }
    const value = this.graph.constant(owner.readSync(info.dataId) as Elements, info.shape, info.dtype as ElementType)
    this.#values.set(info.dataId, value)
    return value
  }

  #reshaped(value: Value, shape: readonly number[]): Value {
    if (value.data !== undefined) return this.graph.constant(value.data, shape, value.dtype)
    return this.graph.node('Reshape', [value, this.graph.ints(shape)], shape)
  }

  override write(values: unknown, shape: number[], dtype: tf.DataType): object {
    refuseRandom()
    return this.hold(this.graph.constant(values as Elements, shape, dtype as ElementType))
  }

  override readSync(dataId: object): Float32Array {
    const value = this.#values.get(dataId)
    if (value?.data !== undefined) return value.data as Float32Array
    throw new DfkError('expected a program that never reads tensors but found a read (dataSync, data, array or print) while tracing', {
      hint: 'return the tensor as an output and read it after run(); decide with tf.where, not with if',
    })
  }

  override async read(dataId: object): Promise<Float32Array> {
    return this.readSync(dataId)
  }

  override disposeData(dataId: object): boolean {
    this.#values.delete(dataId)
    return true
  }

  override refCount(): number {
    return 1
  }

  override incRef(): void {}

  override numDataIds(): number {
    return this.#values.size
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true }
  }

  override floatPrecision(): 16 | 32 {
    return 32
  }

  override epsilon(): number {
    return 1e-7
  }

  override timerAvailable(): boolean {
    return false
  }

  override dispose(): void {}
}

function sameShape(value: Value, shape: readonly number[]): boolean {
  return value.shape.length === shape.length && value.shape.every((size, axis) => size === shape[axis])
}

let shared: TraceBackend | undefined

/** Every kernel of tf.js, which exports their names as constants; other strings among its exports do no harm. */
const kernelNames = (): string[] => Object.values(tf).filter((value) => typeof value === 'string')

/** Registers the backend and a kernel under every name that tf.js knows; those that we lack say so. */
function traceBackend(): TraceBackend {
  if (shared !== undefined) return shared
  const backend = new TraceBackend()
  tf.registerBackend(BACKEND, () => backend as unknown as tf.KernelBackend, 0)
  for (const kernelName of new Set([...kernelNames(), ...Object.keys(KERNELS)])) {
    tf.registerKernel({
      kernelName,
      backendName: BACKEND,
      kernelFunc: ({ inputs, attrs }) => {
        const given = { graph: backend.graph, inputs: edgesOf(backend, inputs), attrs: attrs ?? {} }
        const made = askedFor(kernelName, () => callKernel(kernelName, given, Array.isArray(inputs)))
        const infos = made.map((value) => ({ dataId: backend.hold(value), shape: [...value.shape], dtype: value.dtype as tf.DataType }))
        return infos.length === 1 && !LISTS.has(kernelName) ? infos[0]! : infos
      },
    })
  }
  shared = backend
  return backend
}

/** Kernels that return a list even when it holds one tensor. */
const LISTS = new Set(['SplitV', 'Unpack'])

function edgesOf(backend: TraceBackend, inputs: object): Record<string, Value> {
  const present = Object.entries(inputs as Record<string, tf.TensorInfo | undefined>).filter(([, info]) => info != null)
  return Object.fromEntries(present.map(([key, info]) => [key, backend.edgeOf(info!)]))
}

function callKernel(name: string, given: KernelCall, isList: boolean): readonly Value[] {
  const kernel = KERNELS[name]
  if (kernel === undefined) {
    const folded = foldConstants(name, given, isList)
    if (folded !== undefined) return folded
    throw missingKernel(name)
  }
  const call = typed(name, given)
  const made = foldConstants(name, call, isList) ?? kernel(call)
  return Array.isArray(made) ? made : [made as Value]
}

/** Calls `fn` once with symbolic tensors and returns the graph of what it asked for, gradients included, lowered for a device. Synchronous. */
export function trace(fn: ProgramFn, signature: Signature, lowering: Lowering = PORTABLE): Trace {
  const backend = traceBackend()
  const before = tf.getBackend() || 'cpu'
  backend.begin(lowering)
  // A synchronous backend is set before setBackend returns; its promise says nothing new.
  void tf.setBackend(BACKEND)
  try {
    return tidied(() => {
      const inputs = symbols(backend, signature.inputs, 'in.')
      const state = symbols(backend, signature.state ?? {}, 'state.')
      const made = fn(tensorsOf(backend, inputs), tensorsOf(backend, state))
      const nextState = { ...state, ...valuesOf(backend, made.state ?? {}) }
      checkState(state, nextState)
      const outputs = valuesOf(backend, made.outputs)
      // What the program had to keep beyond a scope of its own, for it to be an output, stays in no other.
      tf.dispose([made.outputs, made.state ?? {}])
      return { graph: backend.graph, inputs, outputs, state, nextState }
    })
  } finally {
    void tf.setBackend(before)
  }
}

/** Disposes of what `body` left behind in tf.js's books. */
function tidied(body: () => Trace): Trace {
  tf.engine().startScope()
  try {
    return body()
  } finally {
    tf.engine().endScope()
  }
}

function symbols(backend: TraceBackend, specs: Signature['inputs'], prefix: string): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape, dtype }]) => [name, backend.graph.input(prefix + name, shape, dtype ?? 'float32')]),
  )
}

function tensorsOf(backend: TraceBackend, values: Record<string, Value>): TensorMap {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      tf.engine().makeTensorFromDataId(backend.hold(value), [...value.shape], value.dtype as DType, backend as unknown as tf.KernelBackend),
    ]),
  )
}

function valuesOf(backend: TraceBackend, tensors: TensorMap): Record<string, Value> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, backend.edgeOf(tensor)]))
}

function checkState(state: Record<string, Value>, next: Record<string, Value>): void {
  for (const [name, value] of Object.entries(next)) {
    const old = state[name]
    if (old === undefined) throw new DfkError(`expected new state under the names of the signature but found "${name}"`)
    if (!sameShape(value, old.shape) || value.dtype !== old.dtype) {
      throw new DfkError(
        `expected new state "${name}" of ${old.dtype} [${old.shape.join()}] but found ${value.dtype} [${value.shape.join()}]`,
      )
    }
  }
}
