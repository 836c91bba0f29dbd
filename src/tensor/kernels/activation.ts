import type { Graph, Value } from '../graph.ts'
import { clip, prelu } from './elementwise.ts'
import { add, unary } from './nodes.ts'

/** What tf.js's fused kernels do after the product: add the bias, then the activation. */
export interface Fused {
  readonly bias?: Value | undefined
  readonly preluActivationWeights?: Value | undefined
}

export interface FusedAttrs {
  readonly activation: 'linear' | 'relu' | 'relu6' | 'prelu' | 'elu' | 'leakyrelu' | 'sigmoid'
  readonly leakyreluAlpha?: number
}

export function activate(graph: Graph, x: Value, fused: Fused, attrs: FusedAttrs): Value {
  switch (attrs.activation) {
    case 'linear':
    case undefined:
    case null:
      return x
    case 'relu':
      return unary(graph, 'Relu', x)
    case 'relu6':
      return clip(graph, x, 0, 6)
    case 'elu':
      return unary(graph, 'Elu', x)
    case 'sigmoid':
      return unary(graph, 'Sigmoid', x)
    case 'leakyrelu':
      return graph.node('LeakyRelu', [x], x.shape, { alpha: attrs.leakyreluAlpha ?? 0.2 })
    case 'prelu':
      return prelu(graph, x, fused.preluActivationWeights!)
    default:
      return attrs.activation satisfies never
  }
}

export function addBias(graph: Graph, x: Value, bias: Value | undefined): Value {
  return bias === undefined ? x : add(graph, x, bias)
}
