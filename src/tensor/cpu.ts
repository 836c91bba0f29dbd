import { availableParallelism } from 'node:os'
import { DfkError } from '../work/errors.ts'
import { cpuLowering } from './blocks.ts'
import { requireFloat32 } from './host.ts'
import { type Blueprint, blueprintOf } from './native/blueprint.ts'
import { type CacheEntry, cacheEntry } from './native/compileCache.ts'
import { loadNative, type NativeLibrary } from './native/library.ts'
import { NativeProgram } from './native/nativeProgram.ts'
import { OnnxProgram } from './onnxProgram.ts'
import { loadOnnxRuntime, type Runtime } from './onnxRuntime.ts'
import { loadedProgram } from './source.ts'
import { trace } from './trace.ts'
import type { Device, DeviceOptions } from './types.ts'

/** ONNX Runtime's C interface; where it cannot be had, onnxruntime-node computes the same, with copies. */
function nativeOrNone(): NativeLibrary | undefined {
  try {
    return loadNative()
  } catch {
    return undefined
  }
}

/** As many threads as `DFK_THREADS` says, where others want the cores too; else all cores. */
function threadsHere(): number {
  const { DFK_THREADS: asked } = process.env
  if (!asked) return availableParallelism()
  if (/^[1-9]\d{0,3}$/.test(asked)) return Number(asked)
  throw new DfkError(`expected DFK_THREADS to be a number of threads, 1 or more, but found "${asked}"`, {
    hint: 'unset it to use all cores',
  })
}

/** The traced graph on ONNX Runtime's CPU provider: there on every machine. */
export async function openCpu(reason: string, options: DeviceOptions = {}): Promise<Device> {
  const ort = loadOnnxRuntime()
  const threads = options.threads ?? threadsHere()
  if (!Number.isInteger(threads) || threads < 1) {
    throw new DfkError(`expected a number of threads, 1 or more, but found ${threads}`, { hint: 'leave it out to use all cores' })
  }
  const threading = { threads, sharesCores: options.sharesCores }
  const spinning = threading.sharesCores === true ? { extra: { session: { intra_op: { allow_spinning: '0' } } } } : {}
  const lowering = await cpuLowering(ort)
  const runtime: Runtime = {
    Tensor: ort.Tensor,
    deviceState: false,
    open: (model) =>
      ort.InferenceSession.create(model, { executionProviders: ['cpu'], intraOpNumThreads: threads, logSeverityLevel: 3, ...spinning }),
  }
  const native = nativeOrNone()
  return {
    name: 'cpu',
    reason,
    compile: async (source, signature, compileOptions) => {
      requireFloat32('cpu', compileOptions)
      const traced = async () => trace(await loadedProgram(source), signature, lowering)
      if (native === undefined) return new OnnxProgram(await traced(), signature, runtime)
      const make = async () => blueprintOf(await traced())
      const key = compileOptions?.cacheKey
      if (key === undefined) return new NativeProgram(await make(), signature, native, threading)
      return compileCached(cacheEntry(key, signature, lowering, native.version), make, (blueprint, savePath) => {
        return new NativeProgram(blueprint, signature, native, threading, savePath)
      })
    },
  }
}

/** The program that is kept, or a new one, which is then. */
async function compileCached(
  entry: CacheEntry,
  make: () => Promise<Blueprint>,
  open: (blueprint: Blueprint, savePath?: string) => NativeProgram,
): Promise<NativeProgram> {
  const kept = entry.read()
  if (kept !== undefined) {
    try {
      return open(kept)
    } catch {
      // Whatever is wrong with it, a new one will say so if it is not the file.
      entry.remove()
    }
  }
  const blueprint = await make()
  let program: NativeProgram | undefined
  entry.write(blueprint, (path) => {
    program = open(blueprint, path)
  })
  return program ?? open(blueprint)
}
