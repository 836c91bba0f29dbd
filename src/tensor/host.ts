import { DfkError } from '../work/errors.ts'
import { sizeOf } from './graph.ts'
import type { CompileOptions, DeviceName, HostTensor, HostTensors, Signature, TensorSpec } from './types.ts'

/** Throws unless `tensors` holds every tensor of `specs`, with its shape (behind a leading axis `steps` where given) and size. */
export function checkTensors(what: string, tensors: HostTensors, specs: Signature['inputs'], steps?: number): void {
  for (const [name, spec] of Object.entries(specs)) {
    const tensor = tensors[name]
    if (tensor === undefined) throw new DfkError(`expected ${what} "${name}" but found ${Object.keys(tensors).join(', ') || 'none'}`)
    const shape = steps === undefined ? spec.shape : [steps, ...spec.shape]
    if (tensor.shape.join() !== shape.join() || tensor.data.length !== sizeOf(shape)) {
      throw new DfkError(
        `expected ${what} "${name}" of shape [${shape.join()}] but found [${tensor.shape.join()}] with ${tensor.data.length} elements`,
      )
    }
    if (!(tensor.data instanceof arrayOf(spec))) {
      throw new DfkError(
        `expected ${what} "${name}" as ${arrayOf(spec).name} (${spec.dtype ?? 'float32'}) but found ${tensor.data.constructor.name}`,
      )
    }
  }
}

function arrayOf(spec: TensorSpec): typeof Float32Array | typeof Int32Array | typeof Uint8Array {
  switch (spec.dtype ?? 'float32') {
    case 'float32':
      return Float32Array
    case 'int32':
      return Int32Array
    case 'bool':
      return Uint8Array
  }
}

/** Throws unless everything in `state` is state of the program, as its signature says. */
export function checkState(state: HostTensors, specs: Signature['state'] = {}): void {
  for (const name of Object.keys(state)) {
    const spec = specs[name]
    if (spec === undefined) throw new DfkError(`expected state named ${Object.keys(specs).join(', ')} but found "${name}"`)
    checkTensors('state', state, { [name]: spec })
  }
}

/** Throws unless all of a program's state was written. */
export function checkWritten(specs: Signature['state'] = {}, isWritten: (name: string) => boolean): void {
  const missing = Object.keys(specs).find((name) => !isWritten(name))
  if (missing !== undefined) throw new DfkError(`expected writeState() before the first run but found no "${missing}"`)
}

/** How many steps `runMany` was given: the leading axis, the same for every input. */
export function stepsOf(inputs: HostTensors): number {
  const first: HostTensor | undefined = Object.values(inputs)[0]
  const steps = first?.shape[0]
  if (steps === undefined || steps < 1) throw new DfkError('expected inputs with a leading axis of steps but found none')
  return steps
}

/** The k-th step's inputs out of stacked ones, in the same memory. */
export function pickStep(inputs: HostTensors, k: number): HostTensors {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { data, shape }]) => {
      const size = data.length / shape[0]!
      return [name, { data: data.subarray(k * size, (k + 1) * size), shape: shape.slice(1) }]
    }),
  )
}

/** What steps returned under one name, behind a leading axis of steps. */
export function stack(steps: readonly HostTensor[]): HostTensor {
  const [first] = steps as [HostTensor]
  const size = first.data.length
  const data = new (first.data.constructor as Float32ArrayConstructor)(size * steps.length)
  steps.forEach((step, k) => {
    data.set(step.data, k * size)
  })
  return { data, shape: [steps.length, ...first.shape] }
}

/** Throws unless a program is asked for in float32: this device has no faster precision. */
export function requireFloat32(device: DeviceName, options: CompileOptions = {}): void {
  if (options.precision === 'float16') {
    throw new DfkError(`expected --precision float32 on the device ${device} but found float16`, {
      hint: 'float16 is for --device webgpu and cuda; a CPU is slower at it',
    })
  }
}
