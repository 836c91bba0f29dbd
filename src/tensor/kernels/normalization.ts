import type { Value } from '../graph.ts'
import { type KernelTable, kernel } from './kernel.ts'
import { add, mul, sub, unary } from './nodes.ts'

interface BatchNorm {
  readonly x: Value
  readonly mean: Value
  readonly variance: Value
  readonly offset?: Value
  readonly scale?: Value
}

/** x·s + (offset − mean·s) with s = scale / √(variance + ε): two passes over x, and one constant pair when the weights are known. */
const batchNorm = kernel<BatchNorm, { varianceEpsilon: number }>((graph, { x, mean, variance, offset, scale }, { varianceEpsilon }) => {
  const inverse = unary(graph, 'Reciprocal', unary(graph, 'Sqrt', add(graph, variance, graph.scalar(varianceEpsilon ?? 0.001))))
  const factor = scale === undefined ? inverse : mul(graph, inverse, scale)
  const moved = mul(graph, mean, factor)
  const shift = offset === undefined ? unary(graph, 'Neg', moved) : sub(graph, offset, moved)
  return add(graph, mul(graph, x, factor), shift)
})

export const normalizations: KernelTable = { FusedBatchNorm: batchNorm }
