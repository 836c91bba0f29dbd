import { createRequire } from 'node:module'
import { DfkError } from '../work/errors.ts'
import { checkTensors, pickStep, requireFloat32, stack, stepsOf } from './host.ts'
import { tf } from './tf.ts'
import type { Device, DType, HostTensor, HostTensors, Program, ProgramFn, Signature, TensorMap } from './types.ts'

const BACKEND = 'tensorflow'
const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const

/** tf.js's native package, loaded: which one, and whether libtensorflow computes on a GPU. */
interface Loaded {
  readonly package: string
  readonly gpu: boolean
}

let loaded: Loaded | DfkError | undefined

/**
 * Loads libtensorflow through tfjs-node-gpu or tfjs-node (or the folder that DFK_TENSORFLOW names): it registers its backend with the
 * engine that everybody shares. Throws a DfkError that says what is missing.
 */
export function loadTensorflow(): Loaded {
  loaded ??= tryToLoad()
  if (loaded instanceof DfkError) throw loaded
  return loaded
}

function tryToLoad(): Loaded | DfkError {
  const require = createRequire(import.meta.url)
  restoreIsNullOrUndefined(require('node:util') as Record<string, unknown>)
  const given = process.env['DFK_TENSORFLOW']
  const before = tf.getBackend()
  const failures: string[] = []
  for (const name of given === undefined ? PACKAGES : [given]) {
    try {
      require(name)
      const backend = tf.findBackend(BACKEND) as unknown as { isUsingGpuDevice?: boolean } | null
      if (backend === null) throw new Error('it registered no backend')
      return { package: name, gpu: backend.isUsingGpuDevice === true }
    } catch (error) {
      failures.push(reasonOf(name, error as Error & { code?: string }))
    } finally {
      if (before) void tf.setBackend(before)
    }
  }
  return new DfkError(`expected libtensorflow but found none: ${failures.join('; ')}`, {
    hint: 'npm install @tensorflow/tfjs-node-gpu (needs CUDA 11.2 and cuDNN 8.1) or @tensorflow/tfjs-node; each downloads libtensorflow',
  })
}

/** Node 23 dropped what tfjs-node 4.22 still calls (tensorflow/tfjs#8609). */
function restoreIsNullOrUndefined(util: Record<string, unknown>): void {
  util['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined
}

function reasonOf(name: string, error: Error & { code?: string }): string {
  const first = error.message.split('\n')[0] ?? ''
  const absent = error.code === 'MODULE_NOT_FOUND' && first.includes(`'${name}'`)
  return absent ? `${name} is not installed` : `${name} does not load (${first})`
}

/** The same tf.js programs, run eagerly by libtensorflow. */
export function openTensorflow(reason: string): Device {
  loadTensorflow()
  return {
    name: 'tensorflow',
    reason,
    compile: async (fn, signature, options) => {
      requireFloat32('tensorflow', options)
      return new EagerProgram(fn, signature)
    },
  }
}

class EagerProgram implements Program {
  readonly memoryBytes = undefined
  readonly #fn: ProgramFn
  readonly #signature: Signature
  #state: TensorMap = {}

  constructor(fn: ProgramFn, signature: Signature) {
    this.#fn = fn
    this.#signature = signature
  }

  async run(inputs: HostTensors): Promise<HostTensors> {
    checkTensors('input', inputs, this.#signature.inputs)
    this.#checkState()
    return onTensorflow(() => this.#step(inputs))
  }

  async runMany(inputs: HostTensors): Promise<HostTensors> {
    const steps = stepsOf(inputs)
    checkTensors('input', inputs, this.#signature.inputs, steps)
    this.#checkState()
    const results = onTensorflow(() => Array.from({ length: steps }, (_, k) => this.#step(pickStep(inputs, k))))
    return Object.fromEntries(Object.keys(results[0]!).map((name) => [name, stack(results.map((result) => result[name]!))]))
  }

  async readState(): Promise<HostTensors> {
    return onTensorflow(() => hostOf(this.#state))
  }

  async writeState(state: HostTensors): Promise<void> {
    const specs = this.#signature.state ?? {}
    const unknown = Object.keys(state).find((name) => !(name in specs))
    if (unknown !== undefined) throw new DfkError(`expected state named ${Object.keys(specs).join(', ')} but found "${unknown}"`)
    for (const name of Object.keys(state)) checkTensors('state', state, { [name]: specs[name]! })
    onTensorflow(() => scoped(() => this.#carry(tensorsOf(state, specs))))
  }

  async dispose(): Promise<void> {
    for (const tensor of Object.values(this.#state)) tensor.dispose()
    this.#state = {}
  }

  #step(inputs: HostTensors): HostTensors {
    return scoped(() => {
      const { outputs, state } = this.#fn(tensorsOf(inputs, this.#signature.inputs), this.#state)
      // Read before the old state goes: an output may be one of its tensors.
      const host = hostOf(outputs)
      this.#carry(state ?? {})
      return host
    })
  }

  /** Takes new state over, safe from tf.tidy; a tensor may stay the same one, or stand under two names. */
  #carry(next: TensorMap): void {
    for (const [name, tensor] of Object.entries(next)) {
      const kept = tf.keep(tf.clone(tensor))
      this.#state[name]?.dispose()
      this.#state[name] = kept
    }
  }

  #checkState(): void {
    const missing = Object.keys(this.#signature.state ?? {}).find((name) => this.#state[name] === undefined)
    if (missing !== undefined) throw new DfkError(`expected writeState() before the first run but found no "${missing}"`)
  }
}

/** Runs `body` with libtensorflow as the engine's backend, and puts back the one before: nobody else must notice. */
function onTensorflow<T>(body: () => T): T {
  const before = tf.getBackend()
  void tf.setBackend(BACKEND)
  try {
    return body()
  } finally {
    if (before) void tf.setBackend(before)
  }
}

/** As tf.tidy, which would search each element of a result in JavaScript's memory for tensors. */
function scoped<T>(body: () => T): T {
  tf.engine().startScope()
  try {
    return body()
  } finally {
    tf.engine().endScope()
  }
}

function tensorsOf(host: HostTensors, specs: Signature['inputs']): TensorMap {
  return Object.fromEntries(Object.keys(host).flatMap((name) => (name in specs ? [[name, tensorOf(host[name]!, specs[name]!.dtype)]] : [])))
}

const tensorOf = ({ data, shape }: HostTensor, dtype: DType = 'float32'): tf.Tensor => tf.tensor(data.slice(), [...shape], dtype)

function hostOf(tensors: TensorMap): HostTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, { data: tensor.dataSync().slice() as Float32Array, shape: tensor.shape }]),
  )
}
