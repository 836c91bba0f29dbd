import { DfkError } from '../../work/errors.ts'
import { type ElementType, elementsOf, type Graph, type Value } from '../graph.ts'
import type { KernelCall } from './kernel.ts'
import { cast } from './nodes.ts'

const listed = (names: string): ReadonlySet<string> => new Set(names.trim().split(/\s+/))

/** Kernels that compute in float32 whatever comes in; tf.js's own CPU backend cuts some of their results off to integers. */
const IN_FLOATS = listed(`
  Acos Acosh Asin Asinh Atan Atan2 Atanh Ceil Cos Cosh Elu Erf Exp Expm1 Floor IsFinite IsInf IsNan LeakyRelu Log Log1p Prelu
  Reciprocal ResizeBilinear Rsqrt Selu Sigmoid Sin Sinh Softmax Softplus Sqrt Tan Tanh`)

/** Kernels that ONNX Runtime has for floats only, though their results have the type of what came in. */
const OF_FLOATS = listed('MaxPool MaxPoolWithArgmax')

/** Kernels that mean something for truth values; tf.js computes with them in one byte, where 0 − 1 is 255. */
const OF_TRUTHS = listed(`
  All Any BatchToSpaceND Cast Concat DepthToSpace Equal ExpandDims FlipLeftRight GatherNd GatherV2 Greater GreaterEqual
  Identity Less LessEqual LogicalAnd LogicalNot LogicalOr Mean MirrorPad NotEqual OneHot OnesLike Pack PadV2 Prod Reshape
  ResizeNearestNeighbor Reverse Select Slice SpaceToBatchND SplitV StridedSlice Sum TensorScatterUpdate Tile Transpose Unpack ZerosLike`)

function converted(graph: Graph, x: Value, dtype: ElementType): Value {
  if (x.dtype === dtype || x.data === undefined) return cast(graph, x, dtype)
  return graph.constant(elementsOf(dtype, x.data as Float32Array), x.shape, dtype)
}

/** The call with its inputs in types that the kernel computes with; throws where it computes with none of theirs. */
export function typed(name: string, call: KernelCall): KernelCall {
  const { graph, inputs } = call
  const mapped = (change: (value: Value) => Value): KernelCall => ({
    ...call,
    inputs: Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, change(value)])),
  })
  if (IN_FLOATS.has(name)) return mapped((value) => converted(graph, value, 'float32'))
  const types = Object.values(inputs).map(({ dtype }) => dtype)
  const wrong = types.find((dtype) => (dtype === 'bool' && !OF_TRUTHS.has(name)) || (dtype === 'int32' && OF_FLOATS.has(name)))
  if (wrong !== undefined) {
    throw new DfkError(`expected ${OF_FLOATS.has(name) ? 'floats' : 'numbers'} but found a tensor of ${wrong}`, {
      hint: "cast it first: tf.cast(x, 'float32')",
    })
  }
  if (name !== 'Select') return call
  const { t, e } = inputs as { t: Value; e: Value }
  const dtype = [t, e].some((value) => value.dtype === 'float32') ? 'float32' : t.dtype === e.dtype ? t.dtype : 'int32'
  return { ...call, inputs: { ...inputs, t: converted(graph, t, dtype), e: converted(graph, e, dtype) } }
}
