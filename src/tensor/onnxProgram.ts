import type { InferenceSession, OnnxValue, Tensor, TensorConstructor } from 'onnxruntime-node'
import { DfkError } from '../work/errors.ts'
import { checkTensors, stepsOf } from './host.ts'
import { changedState, loopModel, names, stepModel } from './model.ts'
import type { Trace } from './trace.ts'
import type { DType, HostTensor, HostTensors, Program, Signature } from './types.ts'

/** What a provider of ONNX Runtime adds: how to open a session, make a tensor and read one back. */
export interface Runtime {
  readonly Tensor: TensorConstructor
  /** Opens a session; `stateOutputs` are the outputs that are to stay on the device. */
  open(model: Uint8Array, stateOutputs: readonly string[]): Promise<InferenceSession>
  /** The elements of a tensor that may live on the device. */
  read(tensor: Tensor): Promise<HostTensor>
}

/**
 * A traced program on ONNX Runtime. The state is the last run's outputs, fed to the next; calls wait for each other.
 * Sessions open on first use: one for `run`, one for `runMany`.
 */
export class OnnxProgram implements Program {
  readonly #traced: Trace
  readonly #signature: Signature
  readonly #runtime: Runtime
  readonly #changed: readonly string[]
  #state: Record<string, Tensor> = {}
  #step: Promise<InferenceSession> | undefined
  #loop: Promise<InferenceSession> | undefined
  #last: Promise<unknown> = Promise.resolve()
  #disposed = false

  constructor(traced: Trace, signature: Signature, runtime: Runtime) {
    this.#traced = traced
    this.#signature = signature
    this.#runtime = runtime
    this.#changed = changedState(traced)
  }

  run(inputs: HostTensors): Promise<HostTensors> {
    return this.#inTurn(async () => {
      checkTensors('input', inputs, this.#signature.inputs)
      this.#checkState()
      this.#step ??= this.#runtime.open(stepModel(this.#traced), this.#changed.map(names.next))
      const feeds: Record<string, Tensor> = {}
      for (const [name, spec] of Object.entries(this.#signature.inputs)) feeds[names.input(name)] = this.#tensor(inputs[name]!, spec.dtype)
      for (const [name, tensor] of Object.entries(this.#state)) feeds[names.state(name)] = tensor
      const results = await (await this.#step).run(feeds)
      this.#carry(results, names.next)
      return this.#outputs(results, names.output)
    })
  }

  runMany(inputs: HostTensors): Promise<HostTensors> {
    return this.#inTurn(async () => {
      const steps = stepsOf(inputs)
      checkTensors('input', inputs, this.#signature.inputs, steps)
      this.#checkState()
      this.#loop ??= this.#runtime.open(
        loopModel(this.#traced),
        this.#changed.map((name) => `last.${name}`),
      )
      const feeds: Record<string, Tensor> = { [names.steps]: new this.#runtime.Tensor('int64', BigInt64Array.of(BigInt(steps)), []) }
      for (const [name, spec] of Object.entries(this.#signature.inputs)) feeds[`all.in.${name}`] = this.#tensor(inputs[name]!, spec.dtype)
      for (const [name, tensor] of Object.entries(this.#state)) {
        feeds[this.#changed.includes(name) ? `first.${name}` : names.state(name)] = tensor
      }
      const results = await (await this.#loop).run(feeds)
      this.#carry(results, (name) => `last.${name}`)
      return this.#outputs(results, (name) => `all.${names.output(name)}`)
    })
  }

  readState(): Promise<HostTensors> {
    return this.#inTurn(async () => {
      const state: HostTensors = {}
      for (const [name, tensor] of Object.entries(this.#state)) state[name] = await this.#runtime.read(tensor)
      return state
    })
  }

  writeState(state: HostTensors): Promise<void> {
    return this.#inTurn(async () => {
      const specs = this.#signature.state ?? {}
      for (const name of Object.keys(state)) {
        const spec = specs[name]
        if (spec === undefined) throw new DfkError(`expected state named ${Object.keys(specs).join(', ')} but found "${name}"`)
        checkTensors('state', state, { [name]: spec })
      }
      for (const [name, { data, shape }] of Object.entries(state)) {
        this.#state[name]?.dispose()
        this.#state[name] = this.#tensor({ data: data.slice(), shape }, specs[name]!.dtype)
      }
    })
  }

  async dispose(): Promise<void> {
    await this.#inTurn(async () => {
      this.#disposed = true
      for (const tensor of Object.values(this.#state)) tensor.dispose()
      this.#state = {}
      await (await this.#step)?.release()
      await (await this.#loop)?.release()
    })
  }

  /** Runs `job` when all earlier ones are done: the state has one owner at a time. */
  #inTurn<T>(job: () => Promise<T>): Promise<T> {
    const next = this.#last.then(() => {
      if (this.#disposed) throw new DfkError('expected a live program but found one that was disposed of')
      return job()
    })
    this.#last = next.catch(() => undefined)
    return next
  }

  #checkState(): void {
    const missing = Object.keys(this.#signature.state ?? {}).find((name) => this.#state[name] === undefined)
    if (missing !== undefined) throw new DfkError(`expected writeState() before the first run but found no "${missing}"`)
  }

  #tensor({ data, shape }: HostTensor, dtype: DType = 'float32'): Tensor {
    return new this.#runtime.Tensor(dtype, data as Float32Array, [...shape])
  }

  #carry(results: Readonly<Record<string, OnnxValue>>, nameOf: (name: string) => string): void {
    for (const name of this.#changed) {
      this.#state[name]?.dispose()
      this.#state[name] = results[nameOf(name)] as Tensor
    }
  }

  #outputs(results: Readonly<Record<string, OnnxValue>>, nameOf: (name: string) => string): HostTensors {
    return Object.fromEntries(
      Object.keys(this.#traced.outputs).map((name) => {
        const tensor = results[nameOf(name)] as Tensor
        return [name, { data: tensor.data as Float32Array, shape: tensor.dims }]
      }),
    )
  }
}
