import { beforeAll, describe, expect, it } from 'vitest'
import { ANYBODY, baseShapes, fitsBase, inTheStyleOf, specialise } from '../../src/models/base.ts'
import { encode, generatorShapes, renderMap } from '../../src/models/generator.ts'
import { initialise } from '../../src/models/layers.ts'
import { seedRandom } from '../../src/models/random.ts'
import { type HostTensors, type TensorMap, tf } from '../../src/tensor/index.ts'

const shape = { sizePx: 32, encoder: [4, 6, 8, 8], code: 8, landmarks: 10, inner: 8, decoder: [8, 8, 6, 4], residuals: 2 }
const toTensors = (host: HostTensors): TensorMap =>
  Object.fromEntries(Object.entries(host).map(([name, { data, shape: of }]) => [name, tf.tensor(data, [...of], 'float32')]))

const random = seedRandom(4)
const descriptor = () => Array.from({ length: 128 }, () => 0.1 * random.normal())
const base: HostTensors = {
  ...initialise(baseShapes(shape), seedRandom(1)),
  'style.mean': { data: Float32Array.from(descriptor()), shape: [128] },
}

beforeAll(async () => {
  await tf.setBackend('cpu')
})

describe('base weights', () => {
  it('specialised to a person draw what the shared decoder draws of that descriptor', () => {
    const people = { source: descriptor(), target: descriptor() }
    const own = specialise(base, people, shape)
    expect(Object.keys(own).sort()).toEqual(Object.keys(generatorShapes(shape)).sort())
    const [parameters, shared] = [toTensors(own), toTensors(base)]
    const { maps } = encode(tf.randomUniform([2, 32, 32, 3], 0, 1, 'float32', 5) as tf.Tensor4D, parameters, shape)
    const drawn: Record<string, tf.Tensor> = {}
    for (const person of ['source', 'target'] as const) {
      const folded = renderMap(maps[person], parameters, person, shape)
      const style = inTheStyleOf(tf.tensor2d([people[person], people[person]]), shared)
      const wanted = renderMap(maps[person], shared, ANYBODY, shape, style)
      expect(tf.max(tf.abs(tf.sub(folded.rgb, wanted.rgb))).dataSync()[0]).toBeLessThan(1e-5)
      expect(tf.max(tf.abs(tf.sub(folded.mask, wanted.mask))).dataSync()[0]).toBeLessThan(1e-5)
      drawn[person] = folded.rgb
    }
    expect(tf.max(tf.abs(tf.sub(drawn['source']!, drawn['target']!))).dataSync()[0]).toBeGreaterThan(1e-3)
  })

  it('fit a generator of their own shape and no other', () => {
    expect(fitsBase(base, shape)).toBe(true)
    expect(fitsBase(base, { ...shape, code: 9 })).toBe(false)
    expect(fitsBase(base, { ...shape, architecture: 'liae' })).toBe(false)
  })
})
