import { checkState, checkTensors, checkWritten, pickStep, stack, stepsOf } from '../host.ts'
import type { HostTensors, Program, Signature } from '../types.ts'

/** Takes steps and holds the state between them; what it is given has been checked. */
export interface Runner {
  step(inputs: HostTensors): HostTensors
  read(names: readonly string[]): HostTensors
  write(state: HostTensors): void
  close(): void
}

/** A program on libtensorflow: checks what it is given and leaves the steps to its runner. */
export class TensorflowProgram implements Program {
  readonly memoryBytes = undefined
  readonly #runner: Runner
  readonly #signature: Signature
  readonly #written = new Set<string>()

  constructor(runner: Runner, signature: Signature) {
    this.#runner = runner
    this.#signature = signature
  }

  async run(inputs: HostTensors): Promise<HostTensors> {
    checkTensors('input', inputs, this.#signature.inputs)
    this.#checkState()
    return this.#runner.step(inputs)
  }

  async runMany(inputs: HostTensors): Promise<HostTensors> {
    const steps = stepsOf(inputs)
    checkTensors('input', inputs, this.#signature.inputs, steps)
    this.#checkState()
    const results = Array.from({ length: steps }, (_, k) => this.#runner.step(pickStep(inputs, k)))
    return Object.fromEntries(Object.keys(results[0]!).map((name) => [name, stack(results.map((result) => result[name]!))]))
  }

  async readState(): Promise<HostTensors> {
    return this.#runner.read([...this.#written])
  }

  async writeState(state: HostTensors): Promise<void> {
    checkState(state, this.#signature.state)
    this.#runner.write(state)
    for (const name of Object.keys(state)) this.#written.add(name)
  }

  async dispose(): Promise<void> {
    this.#written.clear()
    this.#runner.close()
  }

  #checkState(): void {
    checkWritten(this.#signature.state, (name) => this.#written.has(name))
  }
}
