import { convolutions } from './convolution.ts'
import { elementwise } from './elementwise.ts'
import { gatherings } from './gathering.ts'
import type { KernelTable } from './kernel.ts'
import { products } from './matmul.ts'
import { normalizations } from './normalization.ts'
import { poolings } from './pooling.ts'
import { reductions } from './reductions.ts'
import { resizes } from './resize.ts'
import { shapes } from './shape.ts'

/** Every tf.js kernel that the tracer knows, by its name in tf.js. */
export const KERNELS: KernelTable = {
  ...convolutions,
  ...elementwise,
  ...gatherings,
  ...normalizations,
  ...poolings,
  ...products,
  ...reductions,
  ...resizes,
  ...shapes,
}
