import { DfkError } from '../work/errors.ts'
import { CUDA_INSTALL, checkCudaFiles, hasCudaBuild, hasNvidiaDriver } from './cudaFiles.ts'
import { OnnxProgram } from './onnxProgram.ts'
import { loadOnnxRuntime, type Runtime } from './onnxRuntime.ts'
import { loweringFor, tryProvider } from './provider.ts'
import { loadedProgram } from './source.ts'
import { trace } from './trace.ts'
import type { Device } from './types.ts'

/** Throws a DfkError that says what is missing, unless ONNX Runtime's CUDA provider computes here. Instant where there is no NVIDIA GPU. */
export async function requireCuda(): Promise<void> {
  if (!hasCudaBuild()) {
    throw new DfkError(`expected Linux on x64 for the device "cuda" but found ${process.platform} on ${process.arch}`, {
      hint: 'onnxruntime-node has CUDA files for no other system: use --device webgpu',
    })
  }
  if (!hasNvidiaDriver()) {
    throw new DfkError('expected NVIDIA\'s driver for the device "cuda" but found none', {
      hint: "install the driver (in a container: NVIDIA's container toolkit and --gpus all), or use another --device",
    })
  }
  const missing = checkCudaFiles().filter(({ device, path }) => device === 'cuda' && path === null)
  const names = missing.map(({ name }) => name).join(', ')
  if (missing.some(({ own }) => own))
    throw new DfkError(`expected the files of the device "cuda" but found no ${names}`, { hint: CUDA_INSTALL })
  // Libraries may lie where only the system's loader looks, so that they are missing is only said where it does not run.
  const failure = await tryProvider('cuda')
  if (failure === undefined) return
  const also = names === '' ? '' : `; not found in the usual places: ${names}`
  throw new DfkError(`expected the device "cuda" to compute but found: ${failure}${also}`, { hint: CUDA_INSTALL })
}

/**
 * The traced graph on ONNX Runtime's CUDA provider. onnxruntime-node hands CUDA's outputs to JavaScript's memory and nowhere else, so
 * the state crosses the bus once a call: `runMany`, whose Loop carries it on the GPU, is the way to train.
 */
export async function openCuda(reason: string): Promise<Device> {
  await requireCuda()
  const ort = loadOnnxRuntime()
  const runtime: Runtime = {
    Tensor: ort.Tensor,
    deviceState: false,
    open: (model) => ort.InferenceSession.create(model, { executionProviders: ['cuda'], logSeverityLevel: 3 }),
  }
  return {
    name: 'cuda',
    reason,
    compile: async (source, signature, options) => {
      const lowering = await loweringFor('cuda', options?.precision)
      return new OnnxProgram(trace(await loadedProgram(source), signature, lowering), signature, runtime)
    },
  }
}
