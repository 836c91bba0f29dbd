import type { InferenceSession, OnnxValue, Tensor } from 'onnxruntime-node'
import { checkState, checkWritten } from './host.ts'
import { copyModel, names } from './model.ts'
import type { Runtime } from './onnxRuntime.ts'
import type { DType, HostTensor, HostTensors, Signature } from './types.ts'

type Tensors = Record<string, Tensor>

/** Makes a tensor of ONNX Runtime over the same memory. */
export function tensorOf(runtime: Runtime, { data, shape }: HostTensor, dtype: DType = 'float32'): Tensor {
  return new runtime.Tensor(dtype, data as Float32Array, [...shape])
}

/** A tensor in JavaScript's memory as the caller gets it. */
export const hostOf = (tensor: Tensor): HostTensor => ({ data: tensor.data as Float32Array, shape: tensor.dims })

/**
 * The state of a program: what was written, then the outputs of the last run, wherever its provider keeps them. What lives on the
 * device goes there and comes back through a graph that only copies.
 */
export class OnnxState {
  readonly #specs: NonNullable<Signature['state']>
  /** What no run changes: no output ever puts it on the device. */
  readonly #fixed: readonly string[]
  readonly #changed: readonly string[]
  readonly #runtime: Runtime
  #tensors: Tensors = {}
  #upload: Promise<InferenceSession> | undefined
  #download: Promise<InferenceSession> | undefined

  constructor(specs: Signature['state'] = {}, changed: readonly string[], runtime: Runtime) {
    this.#specs = specs
    this.#fixed = Object.keys(specs).filter((name) => !changed.includes(name))
    this.#changed = changed
    this.#runtime = runtime
  }

  /** Sets the tensors given to copies of them. */
  write(state: HostTensors): void {
    checkState(state, this.#specs)
    for (const [name, { data, shape }] of Object.entries(state)) {
      this.#set(name, tensorOf(this.#runtime, { data: data.slice(), shape }, this.#specs[name]!.dtype))
    }
  }

  async read(): Promise<HostTensors> {
    const here = this.#deviceHasSome() ? await this.#fetch() : this.#tensors
    return Object.fromEntries(Object.entries(here).map(([name, tensor]) => [name, hostOf(tensor)]))
  }

  /** The tensors to feed to a run, by the program's names. Throws where some were never written. */
  async feeds(): Promise<Tensors> {
    checkWritten(this.#specs, (name) => this.#tensors[name] !== undefined)
    if (this.#runtime.deviceState && this.#fixed.some((name) => this.#tensors[name]!.location === 'cpu')) await this.#place()
    return this.#tensors
  }

  /** Takes over what a run made of the state. */
  carry(results: Readonly<Record<string, OnnxValue>>, nameOf: (name: string) => string): void {
    for (const name of this.#changed) this.#set(name, results[nameOf(name)] as Tensor)
  }

  async dispose(): Promise<void> {
    for (const tensor of Object.values(this.#tensors)) tensor.dispose()
    this.#tensors = {}
    await (await this.#upload)?.release()
    await (await this.#download)?.release()
  }

  #set(name: string, tensor: Tensor): void {
    this.#tensors[name]?.dispose()
    this.#tensors[name] = tensor
  }

  #deviceHasSome(): boolean {
    return Object.values(this.#tensors).some(({ location }) => location !== 'cpu')
  }

  /** `getData()` of a GPU buffer ends the process in onnxruntime-node 1.30, so the whole state is copied to outputs in JavaScript's memory. */
  async #fetch(): Promise<Tensors> {
    const all = Object.keys(this.#specs)
    this.#download ??= this.#runtime.open(copyModel(this.#specs, all), [])
    return this.#copy(await this.#download, all)
  }

  /** Moves what no run changes to the device, that no run has to upload it. */
  async #place(): Promise<void> {
    this.#upload ??= this.#runtime.open(copyModel(this.#specs, this.#fixed), this.#fixed.map(names.next))
    for (const [name, tensor] of Object.entries(await this.#copy(await this.#upload, this.#fixed))) this.#set(name, tensor)
  }

  async #copy(session: InferenceSession, which: readonly string[]): Promise<Tensors> {
    const results = await session.run(Object.fromEntries(which.map((name) => [names.state(name), this.#tensors[name]!])))
    return Object.fromEntries(which.map((name) => [name, results[names.next(name)] as Tensor]))
  }
}
