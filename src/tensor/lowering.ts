/** What a graph may be lowered to beyond standard ONNX: what one device of ONNX Runtime computes faster. */
export interface Lowering {
  /**
   * Channels in a block of ONNX Runtime's own NCHWc convolutions (MLAS), which on a CPU need no columns and reach the speed of a matrix
   * product: 16 with AVX-512, 8 with AVX2; absent where there are none.
   */
  readonly blockChannels?: number
  /** Whether element-wise and reducing nodes are chosen for ONNX Runtime's CPU kernels. */
  readonly cpu?: boolean
  /** Whether products are computed in float16: for devices that are faster at it. Everything outside them stays float32. */
  readonly half?: boolean
}

/** Standard ONNX and nothing else: for other tools, and for devices that have no lowering of their own. */
export const PORTABLE: Lowering = {}

/** Operators of ONNX Runtime that are not ONNX's. */
export const NCHWC = 'com.microsoft.nchwc'
