import { tf } from '../tf.ts'
import type { DType, HostTensor, HostTensors, ProgramFn, Signature, TensorMap } from '../types.ts'
import { onTensorflow } from './binding.ts'
import type { Runner } from './program.ts'

/** Runs a program as tf.js does, one operation after the other, with its state as tensors of the engine. */
export class EagerRunner implements Runner {
  readonly #fn: ProgramFn
  readonly #signature: Signature
  #state: TensorMap = {}

  constructor(fn: ProgramFn, signature: Signature) {
    this.#fn = fn
    this.#signature = signature
  }

  step(inputs: HostTensors): HostTensors {
    return onTensorflow(() =>
      scoped(() => {
        const { outputs, state } = this.#fn(tensorsOf(inputs, this.#signature.inputs), this.#state)
        // Read before the old state goes: an output may be one of its tensors.
        const host = hostOf(outputs)
        this.#carry(state ?? {})
        // What the program kept for an output ends with no scope; the state lives on, though it be an output.
        const living = new Set(Object.values(this.#state))
        for (const output of Object.values(outputs)) if (!living.has(output)) output.dispose()
        return host
      }),
    )
  }

  read(): HostTensors {
    return onTensorflow(() => hostOf(this.#state))
  }

  write(state: HostTensors): void {
    onTensorflow(() => scoped(() => this.#carry(tensorsOf(state, this.#signature.state ?? {}))))
  }

  close(): void {
    for (const tensor of Object.values(this.#state)) tensor.dispose()
    this.#state = {}
  }

  /** Takes new state over, safe from tf.tidy; a tensor may stay the same one, or stand under two names. */
  #carry(next: TensorMap): void {
    for (const [name, tensor] of Object.entries(next)) {
      const kept = tf.keep(tf.clone(tensor))
      this.#state[name]?.dispose()
      this.#state[name] = kept
    }
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
