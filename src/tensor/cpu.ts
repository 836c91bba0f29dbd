import { availableParallelism } from 'node:os'
import type { Tensor } from 'onnxruntime-node'
import { OnnxProgram, type Runtime } from './onnxProgram.ts'
import { loadOnnxRuntime } from './onnxRuntime.ts'
import { trace } from './trace.ts'
import type { Device, DeviceOptions, HostTensor } from './types.ts'

/** The traced graph on ONNX Runtime's CPU provider: there on every machine. */
export async function openCpu(reason: string, options: DeviceOptions = {}): Promise<Device> {
  const ort = loadOnnxRuntime()
  const threads = options.threads ?? availableParallelism()
  const runtime: Runtime = {
    Tensor: ort.Tensor,
    open: (model) => ort.InferenceSession.create(model, { executionProviders: ['cpu'], intraOpNumThreads: threads, logSeverityLevel: 3 }),
    read: async (tensor: Tensor): Promise<HostTensor> => ({ data: tensor.data as Float32Array, shape: tensor.dims }),
  }
  return {
    name: 'cpu',
    reason,
    compile: async (fn, signature) => new OnnxProgram(trace(fn, signature), signature, runtime),
  }
}
