import type { InferenceSession, OnnxValue, Tensor } from 'onnxruntime-node'
import { checkTensors, pickStep, stack, stepsOf } from './host.ts'
import { changedState, loopModel, names, stepMemory, stepModel } from './model.ts'
import type { Runtime } from './onnxRuntime.ts'
import { hostOf, OnnxState, tensorOf } from './onnxState.ts'
import type { Trace } from './trace.ts'
import { Turns } from './turns.ts'
import type { HostTensors, Program, Signature } from './types.ts'

/**
 * A traced program on ONNX Runtime. The state is the last run's outputs, fed to the next; calls wait for each other.
 * Sessions open on first use: one for `run`, one for `runMany` where the provider runs Loop.
 */
export class OnnxProgram implements Program {
  readonly memoryBytes: number
  readonly #traced: Trace
  readonly #signature: Signature
  readonly #runtime: Runtime
  readonly #changed: readonly string[]
  readonly #state: OnnxState
  #step: Promise<InferenceSession> | undefined
  #loop: Promise<InferenceSession> | undefined
  readonly #turns = new Turns()

  constructor(traced: Trace, signature: Signature, runtime: Runtime) {
    this.#traced = traced
    this.#signature = signature
    this.#runtime = runtime
    this.#changed = changedState(traced)
    this.memoryBytes = stepMemory(traced)
    this.#state = new OnnxState(signature.state, this.#changed, runtime)
  }

  run(inputs: HostTensors): Promise<HostTensors> {
    return this.#turns.take(async () => {
      checkTensors('input', inputs, this.#signature.inputs)
      return this.#runOnce(inputs)
    })
  }

  runMany(inputs: HostTensors): Promise<HostTensors> {
    return this.#turns.take(async () => {
      const steps = stepsOf(inputs)
      checkTensors('input', inputs, this.#signature.inputs, steps)
      return this.#runtime.deviceState ? this.#runEach(inputs, steps) : this.#runLoop(inputs, steps)
    })
  }

  readState(): Promise<HostTensors> {
    return this.#turns.take(() => this.#state.read())
  }

  writeState(state: HostTensors): Promise<void> {
    return this.#turns.take(async () => this.#state.write(state))
  }

  async dispose(): Promise<void> {
    await this.#turns.end(async () => {
      await this.#state.dispose()
      await (await this.#step)?.release()
      await (await this.#loop)?.release()
    })
  }

  async #runOnce(inputs: HostTensors): Promise<HostTensors> {
    const state = await this.#state.feeds()
    this.#step ??= this.#runtime.open(stepModel(this.#traced), this.#changed.map(names.next))
    const feeds = this.#inputs(inputs, names.input)
    for (const [name, tensor] of Object.entries(state)) feeds[names.state(name)] = tensor
    const results = await (await this.#step).run(feeds)
    this.#state.carry(results, names.next)
    return this.#outputs(results, names.output)
  }

  async #runEach(inputs: HostTensors, steps: number): Promise<HostTensors> {
    const results: HostTensors[] = []
    for (let k = 0; k < steps; k++) results.push(await this.#runOnce(pickStep(inputs, k)))
    return Object.fromEntries(Object.keys(this.#traced.outputs).map((name) => [name, stack(results.map((result) => result[name]!))]))
  }

  async #runLoop(inputs: HostTensors, steps: number): Promise<HostTensors> {
    const state = await this.#state.feeds()
    this.#loop ??= this.#runtime.open(
      loopModel(this.#traced),
      this.#changed.map((name) => `last.${name}`),
    )
    const feeds = this.#inputs(inputs, (name) => `all.${names.input(name)}`)
    feeds[names.steps] = new this.#runtime.Tensor('int64', BigInt64Array.of(BigInt(steps)), [])
    for (const [name, tensor] of Object.entries(state)) feeds[this.#changed.includes(name) ? `first.${name}` : names.state(name)] = tensor
    const results = await (await this.#loop).run(feeds)
    this.#state.carry(results, (name) => `last.${name}`)
    return this.#outputs(results, (name) => `all.${names.output(name)}`)
  }

  #inputs(inputs: HostTensors, nameOf: (name: string) => string): Record<string, Tensor> {
    const specs = Object.entries(this.#signature.inputs)
    return Object.fromEntries(specs.map(([name, { dtype }]) => [nameOf(name), tensorOf(this.#runtime, inputs[name]!, dtype)]))
  }

  #outputs(results: Readonly<Record<string, OnnxValue>>, nameOf: (name: string) => string): HostTensors {
    return Object.fromEntries(Object.keys(this.#traced.outputs).map((name) => [name, hostOf(results[nameOf(name)] as Tensor)]))
  }
}
