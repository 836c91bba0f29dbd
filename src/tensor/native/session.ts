import { BYTES, ELEMENT, type ElementType } from '../graph.ts'
import type { NativeLibrary } from './library.ts'
import type { Buffer } from './memory.ts'

/** The threads that a model computes in. */
export interface Threading {
  readonly threads: number
  /** Whether they sleep, not spin, while they wait for each other: other work wants the cores. */
  readonly sharesCores?: boolean | undefined
}

export interface SessionOptions extends Threading {
  /** Whether the model went through ONNX Runtime's optimiser before. */
  readonly optimised?: boolean
  /** Where to leave the model that the optimiser made of it. */
  readonly savePath?: string
}

/** An input or output with the place that it is read from or written to. */
export interface Bound {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: ElementType
  readonly buffer: Buffer
}

/** Inputs and outputs tied to their places. */
export interface Binding {
  readonly handle: bigint
  readonly values: readonly bigint[]
}

/** A model in ONNX Runtime that reads its inputs and writes its outputs where `bind` says, without a copy. */
export interface NativeSession {
  bind(inputs: readonly Bound[], outputs: readonly Bound[]): Binding
  /** Computes once, in threads of its own: the event loop goes on. */
  run(binding: Binding): Promise<void>
  release(): void
}

const ALL_OPTIMISATIONS = 99

/** Opens a model for ONNX Runtime's CPU provider. */
export function openSession(
  library: NativeLibrary,
  model: Uint8Array,
  { threads, sharesCores, optimised, savePath }: SessionOptions,
): NativeSession {
  const options = library.make('CreateSessionOptions')
  let session: bigint
  try {
    library.call('SetSessionLogSeverityLevel', options, 3)
    // A pattern of all memory is allocated anew for the second run, while what the first took stays: a third more memory for the same speed.
    library.call('DisableMemPattern', options)
    library.call('SetIntraOpNumThreads', options, threads)
    library.call('SetSessionGraphOptimizationLevel', options, optimised ? 0 : ALL_OPTIMISATIONS)
    // Between runs the threads must leave the cores to others.
    library.call('AddSessionConfigEntry', options, 'session.force_spinning_stop', '1')
    if (sharesCores === true) library.call('AddSessionConfigEntry', options, 'session.intra_op.allow_spinning', '0')
    library.call('AddSessionConfigEntry', options, 'session.set_denormal_as_zero', '1')
    if (savePath !== undefined) library.call('SetOptimizedModelFilePath', options, savePath)
    session = library.make('CreateSessionFromArray', library.environment, model, model.byteLength, options)
  } finally {
    library.call('ReleaseSessionOptions', options)
  }
  const bindings = new Set<Binding>()
  return {
    bind(inputs, outputs) {
      const values: bigint[] = []
      const binding = { handle: library.make('CreateIoBinding', session), values }
      // Known at once, so that `release` finds what was made even where a later input does not fit.
      bindings.add(binding)
      const bind = (how: 'BindInput' | 'BindOutput') => (bound: Bound) => {
        const value = tensorOver(library, bound)
        values.push(value)
        library.call(how, binding.handle, bound.name, value)
      }
      inputs.forEach(bind('BindInput'))
      outputs.forEach(bind('BindOutput'))
      return binding
    },
    run: ({ handle }) => library.callAside('RunWithBinding', session, null, handle),
    release() {
      for (const { handle, values } of bindings) {
        library.call('ReleaseIoBinding', handle)
        for (const value of values) library.call('ReleaseValue', value)
      }
      bindings.clear()
      library.call('ReleaseSession', session)
    },
  }
}

/** A tensor of ONNX Runtime over memory that is ours. */
function tensorOver(library: NativeLibrary, { shape, dtype, buffer }: Bound): bigint {
  const bytes = buffer.data.length * BYTES[dtype]
  const sizes = BigInt64Array.from(shape, BigInt)
  return library.make('CreateTensorWithDataAsOrtValue', library.cpuMemory, buffer.address, bytes, sizes, shape.length, ELEMENT[dtype])
}
