import { createRequire } from 'node:module'
import type * as tfTypes from '@tensorflow/tfjs'
import { registerGradients } from './gradients/index.ts'

/**
 * tf.js, the union package loaded as CommonJS: it registers every gradient and shares its one engine
 * with face-api and human's graph models. Everybody takes `tf` from here and from nowhere else.
 */
export const tf: typeof tfTypes = createRequire(import.meta.url)('@tensorflow/tfjs')

// Else tf.js prints an advertisement for its native package on first use.
tf.enableProdMode()

registerGradients(tf)

export declare namespace tf {
  type Rank = tfTypes.Rank
  type Tensor<R extends Rank = Rank> = tfTypes.Tensor<R>
  type Scalar = tfTypes.Scalar
  type Tensor1D = tfTypes.Tensor1D
  type Tensor2D = tfTypes.Tensor2D
  type Tensor3D = tfTypes.Tensor3D
  type Tensor4D = tfTypes.Tensor4D
  type Tensor5D = tfTypes.Tensor5D
  type TensorInfo = tfTypes.TensorInfo
  type DataType = tfTypes.DataType
  type GraphModel = tfTypes.GraphModel
  type NamedTensorMap = tfTypes.NamedTensorMap
  type KernelBackend = tfTypes.KernelBackend
}
