import fc from 'fast-check'
import { tf } from '../../../src/tensor/index.ts'
import { type Body, expectLikeTf } from '../against.ts'
import { geometry, type Padding } from './convolution.ts'
import { type Property, property, upTo } from './property.ts'

/** Windows without dilation that see at least one pixel each. */
const windows = fc
  .record({ g: geometry, c: upTo(3) })
  .map(({ g, c }) => ({ ...g, c }))
  .filter(({ h, w, rows, columns, strides, pad, rounding }) => {
    const info = tf.backend_util.computePool2DInfo([1, h, w, 1], [rows, columns], strides, 1, pad as 'same', rounding)
    const seen = (out: number, stride: number, before: number, taps: number, size: number): boolean =>
      out > 0 && before < taps && (out - 1) * stride - before < size
    return seen(info.outHeight, strides[0], info.padInfo.top, rows, h) && seen(info.outWidth, strides[1], info.padInfo.left, columns, w)
  })

type Pool = (x: tf.Tensor4D, size: [number, number], strides: [number, number], pad: 'same' | 'valid', rounding?: 'floor') => tf.Tensor
type Sizes = [number, number]

const pooling = (name: string, pool: Pool): Property =>
  property(
    name,
    windows,
    ({ n, h, w, c, rows, columns, strides, pad, rounding }) => {
      const body: Body = (x) => pool(x as tf.Tensor4D, [rows, columns], strides, pad as 'same', rounding as 'floor')
      // The gradient of averages in tf.js's CPU backend is wrong at the borders: it divides by the whole window.
      return expectLikeTf(body, [{ shape: [n, h, w, c] }], { gradients: name === 'avgPool' ? 'differences' : 'both' })
    },
    40,
  )

const withPlaces = property(
  'maxPoolWithArgmax',
  windows
    .map((g) => ({ ...g, pad: typeof g.pad === 'string' ? g.pad : ('same' as Padding) }))
    .filter((g) => g.pad === 'same' || (g.h >= g.rows && g.w >= g.columns)),
  ({ n, h, w, c, rows, columns, strides, pad }) => {
    const body =
      (whole: boolean): Body =>
      (x) =>
        Object.values(tf.maxPoolWithArgmax(x as tf.Tensor4D, [rows, columns], strides, pad as 'same', whole))
    const inputs = [{ shape: [n, h, w, c] }]
    return expectLikeTf((x) => [body(true)(x!), body(false)(x!)].flat(), inputs, { gradients: 'none' })
  },
)

const dilated = property(
  'pool with dilation',
  fc.record({ g: geometry, c: upTo(3), type: fc.constantFrom<'avg' | 'max'>('avg', 'max') }),
  ({ g, c, type }) => {
    const fits = g.h > (g.rows - 1) * g.dilations[0] && g.w > (g.columns - 1) * g.dilations[1]
    const pad = fits && g.pad === 'valid' ? 'valid' : 'same'
    const body: Body = (x) =>
      tf.pool(x as tf.Tensor4D, [g.rows, g.columns] as Sizes, type, pad, g.dilations, Math.max(...g.dilations) > 1 ? [1, 1] : g.strides)
    return expectLikeTf(body, [{ shape: [g.n, g.h, g.w, c] }], { gradients: type === 'avg' ? 'differences' : 'both' })
  },
)

const resize = fc.record({
  n: upTo(2),
  h: upTo(7),
  w: upTo(7),
  oh: upTo(11),
  ow: upTo(11),
  c: upTo(3),
  mode: fc.constantFrom('plain', 'corners', 'centres'),
})

// tf.js's CPU gradients of resizing ignore half-pixel centres and confuse the sides of oblong pictures; that of the nearest, pictures too.
const resizing = (name: 'resizeBilinear' | 'resizeNearestNeighbor'): Property =>
  property(
    name,
    resize,
    ({ n, h, w, oh, ow, c, mode }) =>
      expectLikeTf((x) => tf.image[name](x as tf.Tensor4D, [oh, ow], mode === 'corners', mode === 'centres'), [{ shape: [n, h, w, c] }], {
        gradients: 'differences',
      }),
    40,
  )

export const poolings: Property[] = [
  pooling('maxPool', tf.maxPool as Pool),
  pooling('avgPool', tf.avgPool as Pool),
  withPlaces,
  dilated,
  property('maxPool of equals gives the gradient to the first', windows, ({ n, h, w, c, rows, columns, strides, pad, rounding }) =>
    expectLikeTf(
      (x) => tf.maxPool(tf.relu(x!) as tf.Tensor4D, [rows, columns], strides, pad as 'same', rounding as 'floor'),
      [{ shape: [n, h, w, c], low: -2 }],
      { gradients: 'tf' },
    ),
  ),
  resizing('resizeBilinear'),
  resizing('resizeNearestNeighbor'),
]
