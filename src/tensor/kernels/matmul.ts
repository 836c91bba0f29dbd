import { type Graph, sizeOf, type Value } from '../graph.ts'
import { activate, addBias, type Fused, type FusedAttrs } from './activation.ts'
import { type Kernel, type KernelTable, kernel } from './kernel.ts'
import { broadcastShape, gemm, reshape, transpose } from './nodes.ts'

interface Transposes {
  readonly transposeA: boolean
  readonly transposeB: boolean
}

const batchOf = (x: Value): readonly number[] => x.shape.slice(0, -2)

function swapped(graph: Graph, x: Value): Value {
  const rank = x.shape.length
  return transpose(graph, x, [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2])
}

/** a × b over their last two axes, the axes before broadcast; a product without batches is one Gemm. */
function matMul(graph: Graph, a: Value, b: Value, { transposeA, transposeB }: Transposes): Value {
  const batch = broadcastShape(batchOf(a), batchOf(b))
  const [m, k] = transposeA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!]
  const n = b.shape.at(transposeB ? -2 : -1)!
  const single = sizeOf(batchOf(b)) === 1
  // ONNX Runtime has Gemm for floats only.
  if (a.dtype === 'float32' && single && (!transposeA || sizeOf(batchOf(a)) === 1)) {
    const rows = sizeOf(batchOf(a)) * m
    const left = reshape(graph, a, transposeA ? [k, m] : [rows, k])
    const right = reshape(graph, b, transposeB ? [n, k] : [k, n])
    return reshape(graph, gemm(graph, left, right, { transA: transposeA, transB: transposeB }), [...batch, m, n])
  }
  const left = transposeA ? swapped(graph, a) : a
  const right = transposeB ? swapped(graph, b) : b
  return graph.node('MatMul', [left, right], [...batch, m, n])
}

const fusedMatMul = kernel<{ a: Value; b: Value } & Fused, Transposes & FusedAttrs>((graph, inputs, attrs) =>
  activate(graph, addBias(graph, matMul(graph, inputs.a, inputs.b, attrs), inputs.bias), inputs, attrs),
)

/** Any sum of products by its equation, such as 'bij,jk->bik'. */
const einsum: Kernel = ({ graph, inputs, attrs }) => {
  const equation = (attrs['equation'] as string).replaceAll(' ', '')
  const operands = Object.values(inputs)
  const [sources, target] = equation.split('->') as [string, string]
  const sizes = new Map(
    sources.split(',').flatMap((labels, i) => [...labels].map((label, axis) => [label, operands[i]!.shape[axis]!] as const)),
  )
  return graph.node(
    'Einsum',
    operands,
    [...target].map((label) => sizes.get(label)!),
    { equation },
  )
}

export const products: KernelTable = {
  BatchMatMul: kernel<{ a: Value; b: Value }, Transposes>((graph, { a, b }, attrs) => matMul(graph, a, b, attrs)),
  Einsum: einsum,
  _FusedMatMul: fusedMatMul,
}
