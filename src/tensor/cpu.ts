import { availableParallelism } from 'node:os'
import { OnnxProgram } from './onnxProgram.ts'
import { loadOnnxRuntime, type Runtime } from './onnxRuntime.ts'
import { trace } from './trace.ts'
import type { Device, DeviceOptions } from './types.ts'

/** The traced graph on ONNX Runtime's CPU provider: there on every machine. */
export async function openCpu(reason: string, options: DeviceOptions = {}): Promise<Device> {
  const ort = loadOnnxRuntime()
  const threads = options.threads ?? availableParallelism()
  const runtime: Runtime = {
    Tensor: ort.Tensor,
    deviceState: false,
    open: (model) => ort.InferenceSession.create(model, { executionProviders: ['cpu'], intraOpNumThreads: threads, logSeverityLevel: 3 }),
  }
  return {
    name: 'cpu',
    reason,
    compile: async (fn, signature) => new OnnxProgram(trace(fn, signature), signature, runtime),
  }
}
