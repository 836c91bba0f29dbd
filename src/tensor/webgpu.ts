import { DfkError } from '../work/errors.ts'
import { OnnxProgram } from './onnxProgram.ts'
import { loadOnnxRuntime, type Runtime } from './onnxRuntime.ts'
import { loweringFor, tryProvider } from './provider.ts'
import { loadedProgram } from './source.ts'
import { trace } from './trace.ts'
import type { Device } from './types.ts'

/**
 * Not the default layout: NHWC convolutions of ONNX Runtime 1.30 compute wrong sums where the input's channels are a multiple of 3 but not
 * of 4, more than 3, and the output's a multiple of 4.
 */
const PROVIDER = { name: 'webgpu', preferredLayout: 'NCHW' } as const

/** Throws a DfkError that says why, unless ONNX Runtime's WebGPU provider computes here, on a GPU or on a software Vulkan driver. */
export async function requireWebgpu(): Promise<void> {
  const failure = await tryProvider('webgpu')
  if (failure === undefined) return
  throw new DfkError(`expected a WebGPU adapter but found ${reasonOf(failure)}`, {
    hint: "install your GPU's driver (on Linux with Vulkan, in containers too), or use --device cpu",
  })
}

function reasonOf(failure: string): string {
  return failure.includes('No supported adapters') ? "none: no GPU's driver offers Vulkan, Metal or Direct3D 12 to this process" : failure
}

/**
 * The traced graph on ONNX Runtime's WebGPU provider: any vendor's GPU. The state stays in GPU buffers from run to run. Shaders may assume
 * that numbers are finite, so programs should not test for NaN and infinity on the device.
 */
export async function openWebgpu(reason: string): Promise<Device> {
  await requireWebgpu()
  const ort = loadOnnxRuntime()
  const runtime: Runtime = {
    Tensor: ort.Tensor,
    deviceState: true,
    open: (model, stateOutputs) =>
      ort.InferenceSession.create(model, {
        executionProviders: [PROVIDER],
        preferredOutputLocation: Object.fromEntries(stateOutputs.map((name) => [name, 'gpu-buffer' as const])),
        logSeverityLevel: 3,
      }),
  }
  return {
    name: 'webgpu',
    reason,
    compile: async (source, signature, options) => {
      const lowering = await loweringFor('webgpu', options?.precision)
      return new OnnxProgram(trace(await loadedProgram(source), signature, lowering), signature, runtime)
    },
  }
}
