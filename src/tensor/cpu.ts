import { availableParallelism } from 'node:os'
import { cpuLowering } from './blocks.ts'
import { requireFloat32 } from './host.ts'
import { loadNative, type NativeLibrary } from './native/library.ts'
import { NativeProgram } from './native/nativeProgram.ts'
import { OnnxProgram } from './onnxProgram.ts'
import { loadOnnxRuntime, type Runtime } from './onnxRuntime.ts'
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

/** The traced graph on ONNX Runtime's CPU provider: there on every machine. */
export async function openCpu(reason: string, options: DeviceOptions = {}): Promise<Device> {
  const ort = loadOnnxRuntime()
  const threads = options.threads ?? availableParallelism()
  const lowering = await cpuLowering(ort)
  const runtime: Runtime = {
    Tensor: ort.Tensor,
    deviceState: false,
    open: (model) => ort.InferenceSession.create(model, { executionProviders: ['cpu'], intraOpNumThreads: threads, logSeverityLevel: 3 }),
  }
  const native = nativeOrNone()
  return {
    name: 'cpu',
    reason,
    compile: async (fn, signature, compileOptions) => {
      requireFloat32('cpu', compileOptions)
      const traced = trace(fn, signature, lowering)
      return native === undefined ? new OnnxProgram(traced, signature, runtime) : new NativeProgram(traced, signature, native, threads)
    },
  }
}
