import fc from 'fast-check'
import { tf } from '../../../src/tensor/index.ts'
import { type Body, expectLikeTf, type Input, numbers } from '../against.ts'
import { type Property, property, upTo } from './property.ts'

type Sides = [[number, number], [number, number], [number, number], [number, number]]
export type Padding = 'same' | 'valid' | number | Sides

type Rounding = 'floor' | 'round' | 'ceil'

/** How a window of `rows` × `columns` slides over pictures. */
export interface Geometry {
  readonly n: number
  readonly h: number
  readonly w: number
  readonly rows: number
  readonly columns: number
  readonly strides: [number, number]
  readonly dilations: [number, number]
  readonly pad: Padding
  /** How the output's size is rounded; tf.js lets it be said where the padding is a number. */
  readonly rounding?: Rounding
}

const side = fc.integer({ min: 0, max: 3 })
const sides = fc.tuple(side, side, side, side).map(
  ([a, b, c, d]): Sides => [
    [0, 0],
    [a, b],
    [c, d],
    [0, 0],
  ],
)

function fits({ h, w, rows, columns, dilations, pad }: Geometry): boolean {
  if (pad === 'same') return true
  const [top, bottom, left, right] =
    typeof pad === 'number' ? [pad, pad, pad, pad] : pad === 'valid' ? [0, 0, 0, 0] : [...pad[1], ...pad[2]]
  return h + top! + bottom! > (rows - 1) * dilations[0] && w + left! + right! > (columns - 1) * dilations[1]
}

/** Any strides, dilations and paddings, each side's its own. */
export const geometry: fc.Arbitrary<Geometry> = fc
  .record({
    n: upTo(2),
    h: upTo(9),
    w: upTo(9),
    rows: upTo(5),
    columns: upTo(5),
    strides: fc.tuple(upTo(3), upTo(3)),
    dilations: fc.constantFrom<[number, number]>([1, 1], [1, 1], [2, 2], [3, 1], [1, 2]),
    rounding: fc.constantFrom<Rounding>('floor', 'round', 'ceil'),
    pad: fc.oneof(fc.constantFrom<Padding>('same', 'valid', 1, 2), sides),
  })
  // tf.js has no strides and dilations at once.
  .map((g): Geometry => (Math.max(...g.dilations) > 1 ? { ...g, strides: [1, 1] } : g))
  // It works a padding that is one number out for windows as wide as tall only.
  .map((g): Geometry => {
    const [{ rounding: _, ...plain }, down, across] = [g, g.strides[0], g.dilations[0]]
    return typeof g.pad === 'number' ? { ...g, columns: g.rows, strides: [down, down], dilations: [across, across] } : plain
  })
  .filter(fits)

const conv =
  ({ strides, pad, dilations, rounding }: Geometry): Body =>
  (x, filter) =>
    tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad, 'NHWC', dilations, rounding)

const channels = { g: geometry, c: fc.constantFrom(1, 3, 8, 10), k: fc.constantFrom(1, 2, 9) }

const activations = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const
const fused = fc.record({ ...channels, activation: fc.constantFrom(...activations), biased: fc.boolean() })

/** The last two inputs of a fused kernel are its bias and the weights of prelu. */
function fusedOptions(activation: (typeof activations)[number], biased: boolean, bias: tf.Tensor, alpha: tf.Tensor) {
  return {
    activation,
    leakyreluAlpha: 0.1,
    ...(biased && { bias }),
    ...(activation === 'prelu' && { preluActivationWeights: alpha }),
  }
}

const fusedConvolutions: Property[] = [
  property('fused.conv2d', fused, ({ g, c, k, activation, biased }) => {
    const { strides, pad, dilations } = g
    const body: Body = (x, filter, bias, alpha) => {
      const options = fusedOptions(activation, biased, bias!, alpha!)
      return tf.fused.conv2d({ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, strides, pad: pad as 'same', dilations, ...options })
    }
    return expectLikeTf(body, fusedInputs(g, [g.rows, g.columns, c, k], c, k, activation, biased), fusedGradients(g))
  }),
  property('fused.depthwiseConv2d', fused, ({ g, c, activation, biased }) => {
    const { pad, dilations } = g
    const strides: [number, number] = [g.strides[0], g.strides[0]]
    const body: Body = (x, filter, bias, alpha) => {
      const options = fusedOptions(activation, biased, bias!, alpha!)
      return tf.fused.depthwiseConv2d({
        x: x as tf.Tensor4D,
        filter: filter as tf.Tensor4D,
        strides,
        pad: pad as 'same',
        dilations,
        ...options,
      })
    }
    return expectLikeTf(body, fusedInputs(g, [g.rows, g.columns, c, 1], c, c, activation, biased), fusedGradients(g))
  }),
]

/** tf.js has no gradient for fused kernels with dilation. */
const fusedGradients = ({ dilations }: Geometry) => ({ gradients: Math.max(...dilations) > 1 ? 'none' : 'both' }) as const

function fusedInputs({ n, h, w }: Geometry, filter: number[], c: number, k: number, activation: string, biased: boolean): Input[] {
  const bias = { shape: [k], fixed: !biased }
  return [{ shape: [n, h, w, c] }, { shape: filter }, bias, { shape: [1, 1, k], fixed: activation !== 'prelu' }]
}

export const convolutions: Property[] = [
  property(
    'conv2d',
    fc.record(channels),
    ({ g, c, k }) => expectLikeTf(conv(g), [{ shape: [g.n, g.h, g.w, c] }, { shape: [g.rows, g.columns, c, k] }]),
    60,
  ),
  property('conv2d by a constant filter', fc.record(channels), ({ g, c, k }) => {
    const filter = numbers(g.rows * g.columns * c * k, 7)
    return expectLikeTf((x) => conv(g)(x!, tf.tensor4d(filter, [g.rows, g.columns, c, k])), [{ shape: [g.n, g.h, g.w, c] }])
  }),
  property('conv2d in groups, by splitting', fc.record({ ...channels, groups: upTo(3) }), ({ g, c, k, groups }) =>
    expectLikeTf(
      (x, filter) => {
        const [xs, filters] = [tf.split(x!, groups, 3), tf.split(filter!, groups, 3)]
        return tf.concat(
          xs.map((part, i) => conv(g)(part, filters[i]!) as tf.Tensor),
          3,
        )
      },
      [{ shape: [g.n, g.h, g.w, c * groups] }, { shape: [g.rows, g.columns, c, k * groups] }],
    ),
  ),
  property(
    'depthwiseConv2d',
    fc.record({ g: geometry, c: upTo(5), m: upTo(3) }),
    ({ g, c, m }) => {
      const strides: [number, number] = [g.strides[0], g.strides[0]]
      const body: Body = (x, filter) =>
        tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, g.pad as 'same', 'NHWC', g.dilations)
      return expectLikeTf(body, [{ shape: [g.n, g.h, g.w, c] }, { shape: [g.rows, g.columns, c, m] }])
    },
    40,
  ),
  property('separableConv2d', fc.record({ g: geometry, c: upTo(4), m: upTo(2), k: upTo(4) }), ({ g, c, m, k }) => {
    const pad = g.pad === 'valid' ? 'valid' : 'same'
    const valid = g.h >= (g.rows - 1) * g.dilations[0] + 1 && g.w >= (g.columns - 1) * g.dilations[1] + 1
    const body: Body = (x, d, p) =>
      tf.separableConv2d(x as tf.Tensor4D, d as tf.Tensor4D, p as tf.Tensor4D, g.strides[0], valid ? pad : 'same', g.dilations)
    return expectLikeTf(body, [{ shape: [g.n, g.h, g.w, c] }, { shape: [g.rows, g.columns, c, m] }, { shape: [1, 1, c * m, k] }])
  }),
  property(
    'conv2dTranspose',
    fc.record({ n: upTo(2), h: upTo(5), w: upTo(5), size: upTo(5), stride: upTo(3), c: upTo(4), k: upTo(4) }),
    ({ n, h, w, size, stride, c, k }) => {
      const body: Body = (x, filter) =>
        tf.conv2dTranspose(x as tf.Tensor4D, filter as tf.Tensor4D, [n, h * stride, w * stride, k], stride, 'same')
      return expectLikeTf(body, [{ shape: [n, h, w, c] }, { shape: [size, size, k, c] }])
    },
  ),
  property('conv1d', fc.record({ n: upTo(2), w: upTo(9), size: upTo(4), stride: upTo(3), c: upTo(4), k: upTo(4) }), (g) => {
    const body: Body = (x, filter) => tf.conv1d(x as tf.Tensor3D, filter as tf.Tensor3D, g.stride, 'same')
    return expectLikeTf(body, [{ shape: [g.n, g.w, g.c] }, { shape: [g.size, g.c, g.k] }])
  }),
  ...fusedConvolutions,
]
