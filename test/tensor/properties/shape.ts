import fc from 'fast-check'
import { tf } from '../../../src/tensor/index.ts'
import { type Body, expectLikeTf, type Input } from '../against.ts'
import { type Property, property, shapes, upTo, withAxes, withAxis } from './property.ts'

const dtype = fc.constantFrom<'float32' | 'int32' | 'bool'>('float32', 'int32', 'bool')
const input = (shape: readonly number[], type: Input['dtype'] & string = 'float32'): Input => ({ shape, dtype: type, low: -9, high: 9 })

/** For every axis of a shape a value of its own. */
const each = <T>(shape: readonly number[], value: (size: number) => fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.tuple(...shape.map(value)) as fc.Arbitrary<T[]>
/** A shape, a type, and for every axis a value of its own. */
const perAxis = <T>(most: number, value: (size: number) => fc.Arbitrary<T>, side = 4) =>
  shapes(1, most, side).chain((shape) => fc.record({ shape: fc.constant(shape), axes: each(shape, value), type: dtype }))

const arrangements: Property[] = [
  property(
    'transpose',
    shapes(1, 5).chain((shape) =>
      fc.record({ shape: fc.constant(shape), type: dtype, perm: fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }) }),
    ),
    ({ shape, perm, type }) => expectLikeTf((x) => tf.transpose(x!, perm), [input(shape, type)]),
  ),
  property('reshape, expandDims and squeeze', fc.record({ over: withAxis(1, 4), type: dtype }), ({ over: { shape, axis }, type }) =>
    expectLikeTf(
      (x) => {
        const wide = tf.expandDims(x!, axis)
        return [wide, tf.squeeze(wide, [axis]), tf.reshape(x!, [-1]), tf.reshape(tf.expandDims(x!, -1), [1, ...shape].reverse())]
      },
      [input(shape, type)],
    ),
  ),
  property('reverse', fc.record({ over: withAxes(1, 4), type: dtype }), ({ over: { shape, axes }, type }) =>
    expectLikeTf((x) => [tf.reverse(x!, axes), tf.reverse(x!)], [input(shape, type)]),
  ),
  property('flipLeftRight (tf.js has no gradient for it)', fc.tuple(upTo(2), upTo(4), upTo(4), upTo(3)), (shape) =>
    expectLikeTf((x) => tf.image.flipLeftRight(x as tf.Tensor4D), [input(shape)], { gradients: 'none' }),
  ),
  property(
    'tile',
    perAxis(5, () => upTo(3), 3),
    ({ shape, axes, type }) => expectLikeTf((x) => tf.tile(x!, axes), [input(shape, type)]),
  ),
  property(
    'broadcastTo',
    perAxis(4, (size) => (size === 1 ? upTo(4) : fc.constant(size))),
    ({ shape, axes, type }) => expectLikeTf((x) => [tf.broadcastTo(x!, axes), tf.broadcastTo(x!, [2, ...axes])], [input(shape, type)]),
  ),
]

/** Where a slice begins, how far it reaches and by which steps, of either sign; and masks of what to ignore. */
const steps = perAxis(4, (size) => fc.tuple(fc.nat(size - 1), upTo(size), fc.constantFrom(1, 2, 3, -1, -2)), 6)
const masks = fc.record({ begin: fc.nat(15), end: fc.nat(15), shrink: fc.nat(15) })

/** Arguments of tf.stridedSlice that take at least one element along each axis. */
const strided = fc.tuple(steps, masks).map(([{ shape, axes, type }, mask]) => {
  const has = (bits: number, axis: number): boolean => (bits & (1 << axis)) !== 0
  const strides = axes.map(([, , stride]) => stride)
  const forwards = (axis: number): boolean => strides[axis]! > 0
  const begin = axes.map(([from], axis) => (has(mask.begin, axis) ? (forwards(axis) ? 0 : shape[axis]! - 1) : from))
  // Backwards to before element 0, which tf.js writes as an index beyond the far end.
  const back = (to: number, axis: number): number => (to < 0 ? -1 - shape[axis]! : to)
  const end = axes.map(([, length], axis) => (forwards(axis) ? begin[axis]! + length : back(begin[axis]! - length, axis)))
  // tf.js shrinks only what is walked forwards.
  const shrink = [...shape.keys()].reduce((bits, axis) => bits | (forwards(axis) ? mask.shrink & (1 << axis) : 0), 0)
  const whole: Body = (x) => tf.stridedSlice(x!, begin, end, strides, mask.begin, mask.end, 0, 0, shrink)
  // tf.js's CPU kernel reads other elements than those asked for where it shrinks and has steps to take too.
  const inParts: Body = (x) => {
    const single = end.map((to, axis) => (has(shrink, axis) ? begin[axis]! + 1 : to))
    const taken = tf.stridedSlice(x!, begin, single, strides, mask.begin, mask.end & ~shrink)
    const kept = taken.shape.filter((_, axis) => !has(shrink, axis))
    return tf.reshape(taken, kept)
  }
  return { input: input(shape, type), whole, inParts }
})

/** Slices with new axes and an ellipsis, of a [3, 4, 6]. */
const withNewAxes = fc.record({ begin: fc.nat(3), length: upTo(2), stride: upTo(2), newAxis: fc.constantFrom(0, 1), type: dtype })

const pieces: Property[] = [
  property(
    'slice',
    perAxis(4, (size) => fc.nat(size - 1).chain((from) => fc.tuple(fc.constant(from), upTo(size - from)))),
    ({ shape, axes, type }) =>
      expectLikeTf(
        (x) =>
          tf.slice(
            x!,
            axes.map(([from]) => from),
            axes.map(([, size]) => size),
          ),
        [input(shape, type)],
      ),
  ),
  property('stridedSlice', strided, ({ input, whole, inParts }) => expectLikeTf(whole, [input], { like: inParts }), 50),
  property('stridedSlice with an ellipsis and new axes', withNewAxes, ({ begin, length, stride, newAxis, type }) =>
    expectLikeTf(
      (x) => tf.stridedSlice(x!, [0, 0, begin], [0, 0, begin + length], [1, 1, stride], 0, 0, 2, newAxis, 0),
      [input([3, 4, 6], type)],
    ),
  ),
  property(
    'split, by number and by sizes',
    fc.record({ over: withAxis(1, 4), type: dtype, a: upTo(3), b: upTo(3) }),
    ({ over: { shape, axis }, type, a, b }) => {
      const even = shape.map((size, i) => (i === axis ? size * a : size))
      const uneven = shape.map((size, i) => (i === axis ? size + a + b : size))
      const body: Body = (x, y) => [...tf.split(x!, a, axis), ...tf.split(y!, [a, shape[axis]!, b], axis)]
      return expectLikeTf(body, [input(even, type), input(uneven, type)])
    },
  ),
  property(
    'concat, stack and unstack',
    fc.record({ over: withAxis(1, 4), type: dtype, extra: upTo(3) }),
    ({ over: { shape, axis }, type, extra }) => {
      const longer = shape.map((size, i) => (i === axis ? extra : size))
      return expectLikeTf(
        (x, y) => [tf.concat([x!, y!, x!], axis), tf.stack([x!, x!], axis), ...tf.unstack(x!, axis)],
        [input(shape, type), input(longer, type)],
      )
    },
  ),
]

const fill = fc.constantFrom(0, 0.5, -2)
const margin = fc.integer({ min: 0, max: 3 })
const mirrored = fc.record({
  mode: fc.constantFrom<'reflect' | 'symmetric'>('reflect', 'symmetric'),
  pads: perAxis(4, (size) => fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), 5),
})

const margins: Property[] = [
  property(
    'pad',
    fc.tuple(
      perAxis(4, () => fc.tuple(margin, margin)),
      fill,
    ),
    ([{ shape, axes, type }, value]) => expectLikeTf((x) => tf.pad(x!, axes, type === 'float32' ? value : 0), [input(shape, type)]),
  ),
  // tf.js's own gradient forgets the mirrored elements; ours replaces it, and differences judge it.
  property(
    'mirrorPad',
    mirrored,
    ({ mode, pads: { shape, axes, type } }) => expectLikeTf((x) => tf.mirrorPad(x!, axes, mode), [input(shape, type)]),
    40,
  ),
]

const blocks = fc.record({
  n: upTo(2),
  h: upTo(3),
  w: upTo(3),
  c: upTo(3),
  b: upTo(3),
  format: fc.constantFrom<'NHWC' | 'NCHW'>('NHWC', 'NCHW'),
})

const rearranged: Property[] = [
  property(
    'depthToSpace',
    blocks.filter(({ b }) => b > 1),
    ({ n, h, w, c, b, format }) => {
      const shape = format === 'NHWC' ? [n, h, w, c * b * b] : [n, c * b * b, h, w]
      // tf.js's CPU kernel reads NCHW as it should write it; the picture in NHWC is held against it instead.
      const body: Body = (x) =>
        format === 'NHWC'
          ? tf.depthToSpace(x as tf.Tensor4D, b, format)
          : tf.transpose(tf.depthToSpace(tf.transpose(x as tf.Tensor4D, [0, 2, 3, 1]), b), [0, 3, 1, 2])
      return expectLikeTf(body, [{ shape }])
    },
  ),
  property(
    'spaceToBatchND and batchToSpaceND',
    fc.record({ blocks, down: margin, across: margin }),
    ({ blocks: { n, h, w, c, b }, down, across }) => {
      const [tall, wide] = [h * b, w * b]
      const body: Body = (x) => {
        const pads = [
          [down, (b - (down % b)) % b],
          [across, (b - (across % b)) % b],
        ]
        const cut = tf.spaceToBatchND(x!, [b, b], pads)
        return [cut, tf.batchToSpaceND(cut, [b, b], pads)]
      }
      return expectLikeTf(body, [{ shape: [n, tall, wide, c] }])
    },
  ),
]

export const rearrangements: Property[] = [...arrangements, ...pieces, ...margins, ...rearranged]
