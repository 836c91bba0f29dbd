import { createRequire } from 'node:module'
import type * as ortTypes from 'onnxruntime-node'
import type { InferenceSession, TensorConstructor } from 'onnxruntime-node'

/** What a provider of ONNX Runtime adds: how to open a session, and where its tensors live. */
export interface Runtime {
  readonly Tensor: TensorConstructor
  /** Whether the state stays in buffers of the device that JavaScript cannot read; such a provider runs no Loop either. */
  readonly deviceState: boolean
  /** Opens a session; `stateOutputs` are the outputs that are to stay on the device. */
  open(model: Uint8Array, stateOutputs: readonly string[]): Promise<InferenceSession>
}

/**
 * To be called before ONNX Runtime's library loads, by this process or a child: from 1.30 on it keeps an id of the machine and notes what runs there (its
 * telemetry), unless told otherwise.
 */
export function silenceOnnxRuntime(): void {
  process.env['ORT_DISABLE_TELEMETRY'] = '1'
}

/** Loads ONNX Runtime's native library on first use: nothing that only traces should wait for it. */
export function loadOnnxRuntime(): typeof ortTypes {
  silenceOnnxRuntime()
  return createRequire(import.meta.url)('onnxruntime-node')
}
