import type { Graph, Value } from '../graph.ts'
import { type KernelTable, kernel } from './kernel.ts'
import { add, binary, div, mul, sub, unary } from './nodes.ts'

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

interface ResponseAttrs {
  readonly depthRadius: number
  readonly bias: number
  readonly alpha: number
  readonly beta: number
}

/** x [n, h, w, c] summed over the `radius` channels on either side: a product with a band matrix. */
function neighbours(graph: Graph, x: Value, radius: number): Value {
  const c = x.shape[3]!
  const band = graph.cachedConstant(`band ${c} ${radius}`, [c, c], () =>
    Float32Array.from({ length: c * c }, (_, at) => (Math.abs(Math.floor(at / c) - (at % c)) <= radius ? 1 : 0)),
  )
  return graph.node('MatMul', [x, band], x.shape)
}

/** What local response normalisation divides by before the power: bias + α·(sum of squares of the neighbours). */
function responses(graph: Graph, x: Value, { depthRadius, bias, alpha }: ResponseAttrs): Value {
  return add(graph, mul(graph, neighbours(graph, mul(graph, x, x), depthRadius), graph.scalar(alpha)), graph.scalar(bias))
}

const power = (graph: Graph, x: Value, exponent: number): Value => binary(graph, 'Pow', x, graph.scalar(exponent))

const localResponse = kernel<{ x: Value }, ResponseAttrs>((graph, { x }, attrs) =>
  mul(graph, x, power(graph, responses(graph, x, attrs), -attrs.beta)),
)

/** dy·r^−β − 2αβ·x·Σ dy·x·r^(−β−1), the sum over the same neighbours. */
const localResponseGrad = kernel<{ x: Value; dy: Value }, ResponseAttrs>((graph, { x, dy }, attrs) => {
  const response = responses(graph, x, attrs)
  const own = mul(graph, dy, power(graph, response, -attrs.beta))
  const shared = neighbours(graph, div(graph, mul(graph, own, x), response), attrs.depthRadius)
  return sub(graph, own, mul(graph, mul(graph, x, shared), graph.scalar(2 * attrs.alpha * attrs.beta)))
})

export const normalizations: KernelTable = {
  FusedBatchNorm: batchNorm,
  LRN: localResponse,
  LRNGrad: localResponseGrad,
}
