import { createRequire } from 'node:module'
import type * as ortTypes from 'onnxruntime-node'

/** Loads ONNX Runtime's native library on first use: nothing that only traces should wait for it. */
export function loadOnnxRuntime(): typeof ortTypes {
  return createRequire(import.meta.url)('onnxruntime-node')
}
