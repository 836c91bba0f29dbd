import { beforeAll, describe, expect, it } from 'vitest'
import { discriminate, discriminatorShapes, spectralNorms, spectralShapes } from '../../src/models/discriminator.ts'
import { type Architecture, decode, encode, generatorShapes } from '../../src/models/generator.ts'
import { initialise, pixelShuffle } from '../../src/models/layers.ts'
import { LOSSES } from '../../src/models/losses.ts'
import { adamRate } from '../../src/models/optimizer.ts'
import { PRESETS } from '../../src/models/presets.ts'
import { resumeRandom, seedRandom } from '../../src/models/random.ts'
import { initialState, type Recogniser, type StepDesign, type StepParts, stepSignature, trainStep } from '../../src/models/step.ts'
import { type HostTensors, openDevice, type Signature, type TensorMap, tf } from '../../src/tensor/index.ts'

const generator = { sizePx: 32, encoder: [4, 6, 8, 8], code: 8, landmarks: 136, inner: 8, decoder: [8, 8, 6, 4], residuals: 2 }
const discriminator = { base: 4, depth: 3 }

beforeAll(async () => {
  await tf.setBackend('cpu')
})

function toTensors(host: HostTensors): TensorMap {
  return Object.fromEntries(Object.entries(host).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape], 'float32')]))
}

/** Inputs of a step, the same for the same seed. */
function inputsOf(signature: ReturnType<typeof stepSignature>, seed: number): HostTensors {
  const random = seedRandom(seed)
  return Object.fromEntries(
    Object.entries(signature.inputs).map(([name, { shape }]) => {
      const size = shape.reduce((a, b) => a * b, 1)
      return [name, { data: Float32Array.from({ length: size }, () => (shape.length === 0 ? 1e-3 : random.uniform())), shape }]
    }),
  )
}

describe('networks', () => {
  it('render pictures of the size they take, within 0–1', () => {
    const parameters = toTensors(initialise(generatorShapes(generator), seedRandom(1)))
    const code = encode(tf.randomUniform([2, 32, 32, 3], 0, 1, 'float32', 1) as tf.Tensor4D, parameters, generator)
    expect(code.maps.source.shape).toEqual([2, 2, 2, 8])
    const { rgb, mask } = decode(code, parameters, 'source', generator)
    expect([rgb.shape, mask.shape]).toEqual([
      [2, 32, 32, 3],
      [2, 32, 32, 1],
    ])
    expect(Math.min(...rgb.dataSync())).toBeGreaterThan(0)
    expect(Math.max(...rgb.dataSync())).toBeLessThan(1)
  })

  it('name landmarks where asked to, and decoders follow them', () => {
    const faces = tf.randomUniform([1, 32, 32, 3], 0, 1, 'float32', 2) as tf.Tensor4D
    const parameters = toTensors(initialise(generatorShapes(generator), seedRandom(1)))
    const { maps, landmarks } = encode(faces, parameters, generator)
    expect(landmarks?.shape).toEqual([1, 136])
    const told = { ...parameters, 'inter.landmarks.bias': tf.ones([136]) }
    expect(tf.max(tf.abs(tf.sub(encode(faces, told, generator).maps.source, maps.source))).dataSync()[0]).toBeGreaterThan(1e-3)
    const without = { ...generator, landmarks: 0 }
    expect(encode(faces, toTensors(initialise(generatorShapes(without), seedRandom(1))), without).landmarks).toBeUndefined()
  })

  it.each(['df', 'liae'] as Architecture[])('draw each person from a map of their own, %s', (architecture) => {
    const shape = { ...generator, architecture }
    const parameters = toTensors(initialise(generatorShapes(shape), seedRandom(1)))
    const seen = encode(tf.randomUniform([1, 32, 32, 3], 0, 1, 'float32', 3) as tf.Tensor4D, parameters, shape)
    const [source, target] = (['source', 'target'] as const).map((person) => decode(seen, parameters, person, shape).rgb)
    expect(source!.shape).toEqual([1, 32, 32, 3])
    expect(tf.max(tf.abs(tf.sub(source!, target!))).dataSync()[0]).toBeGreaterThan(1e-3)
    expect(seen.maps.source.shape[3]).toBe(architecture === 'liae' ? 16 : 8)
    expect('both.out.weight' in parameters).toBe(architecture === 'liae')
  })

  it('are brought to a spectral norm of 1, in time', () => {
    const shapes = discriminatorShapes({ base: 4, depth: 2, code: 5 }, 8)
    const parameters = toTensors(initialise(shapes, seedRandom(2)))
    let vectors = toTensors(initialise(spectralShapes(shapes), seedRandom(3)))
    for (const name of Object.keys(vectors)) vectors[name] = tf.ones(vectors[name]!.shape)
    for (let i = 0; i < 30; i += 1) vectors = spectralNorms(parameters, vectors).vectors
    const scaled = spectralNorms(parameters, vectors).normalise(parameters)
    const random = seedRandom(8)
    for (const name of Object.keys(vectors)) {
      const matrix = tf.reshape(scaled[name]!, [-1, scaled[name]!.shape.at(-1)!]) as tf.Tensor2D
      // No unit vector comes out longer than 1, and the one found comes out as 1.
      const stretch = (x: tf.Tensor) => (tf.norm(tf.matMul(matrix, tf.reshape(tf.div(x, tf.norm(x)), [-1, 1]))) as tf.Scalar).dataSync()[0]!
      expect(stretch(vectors[name]!), name).toBeCloseTo(1, 2)
      for (let i = 0; i < 5; i += 1) {
        expect(stretch(tf.tensor1d(Array.from({ length: matrix.shape[1]! }, () => random.normal())))).toBeLessThan(1.02)
      }
    }
    expect(scaled['down0.bias']).toBe(parameters['down0.bias'])
  })

  it.each([1, 2, 3])('judge patches and places, %i levels deep', (depth) => {
    const parameters = toTensors(initialise(discriminatorShapes({ base: 4, depth }), seedRandom(1)))
    const { heads } = discriminate(tf.zeros([2, 32, 32, 3]), parameters, { base: 4, depth })
    expect(heads.map(({ shape }) => shape)).toEqual([
      [2, 32 / 2 ** depth, 32 / 2 ** depth, 1],
      [2, 16, 16, 1],
    ])
  })

  it('raise their voice by the gain, and see the same', () => {
    const parameters = toTensors(initialise(discriminatorShapes({ base: 4, depth: 2 }), seedRandom(1)))
    const faces = tf.randomUniform([1, 16, 16, 3], 0, 1, 'float32', 3) as tf.Tensor4D
    const [plain, loud] = [1, 8].map((gain) => discriminate(faces, parameters, { base: 4, depth: 2, gain }))
    for (const [i, head] of loud!.heads.entries()) {
      const [before] = plain!.heads[i]!.dataSync()
      expect(Math.abs(before!)).toBeGreaterThan(1e-4)
      expect(head.dataSync()[0]).toBeCloseTo(8 * before!, 5)
    }
    expect(loud!.features.map((x) => [...x.dataSync()])).toEqual(plain!.features.map((x) => [...x.dataSync()]))
  })

  it('shuffle pixels as depth-to-space does', () => {
    const x = tf.randomUniform([2, 3, 3, 12], 0, 1, 'float32', 3) as tf.Tensor4D
    expect(pixelShuffle(x).dataSync()).toEqual(tf.depthToSpace(x, 2, 'NHWC').dataSync())
  })

  it('have the number of weights that the presets say', () => {
    const count = (preset: keyof typeof PRESETS) =>
      Object.values(generatorShapes(PRESETS[preset].generator)).reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0) / 1e6
    expect(count('quick')).toBeCloseTo(10.8, 0)
    expect(count('standard')).toBeGreaterThan(count('quick'))
    expect(count('hq')).toBeGreaterThan(count('standard'))
  })
})

const pickState = (state: HostTensors, { state: wanted = {} }: Signature): HostTensors =>
  Object.fromEntries(Object.entries(state).filter(([name]) => name in wanted))

/** The k-th of `parts` of a batch; rates are for the last alone. */
function partOf(inputs: HostTensors, k: number, parts: number): HostTensors {
  const ends = k === parts - 1
  const scalar = (value: number) => ({ data: Float32Array.of(value), shape: [] })
  const cut = Object.entries(inputs).map(([name, { data, shape }]) => {
    if (shape.length === 0) return [name, ends || !name.endsWith('Rate') ? { data, shape } : scalar(0)]
    const size = data.length / parts
    return [name, { data: data.slice(k * size, (k + 1) * size), shape: [shape[0]! / parts, ...shape.slice(1)] }]
  })
  return { ...Object.fromEntries(cut), share: scalar(1 / parts), apply: scalar(ends ? 1 : 0) }
}

describe('one step', () => {
  const shapes = { generator, discriminator }

  const whole: StepDesign = {
    generator,
    discriminator: { ...discriminator, spectral: true, code: 6 },
    losses: { ...LOSSES, variation: 0.5 },
    optimizer: 'adabelief',
    rateShare: 0.5,
  }
  /** Knows people by the mean colour of their picture. */
  const recogniser: Recogniser = {
    describe: (pictures) => tf.tile(tf.div(tf.mean(pictures, [1, 2]), 255) as tf.Tensor2D, [1, 43]).slice([0, 0], [-1, 128]),
    sizePx: 20,
    framing: { scale: 0.6, shiftX: 0.2, shiftY: 0.2 },
  }
  const cases: [string, StepDesign, StepParts][] = [
    ['the generator alone', shapes, { average: false, adversarial: false }],
    ['with average and discriminator', shapes, { average: true, adversarial: true }],
    [
      'with a discriminator that judges swaps, by fine detail',
      { generator, discriminator: { ...discriminator, spectral: true, gain: 8, swaps: true, fine: 16 } },
      { average: false, adversarial: true },
    ],
    ['with all losses, and swaps', whole, { average: true, adversarial: true, swapped: true }],
    [
      'of the other architecture',
      { ...whole, generator: { ...generator, architecture: 'liae' }, discriminator: { ...discriminator, spectral: true } },
      { average: true, adversarial: true, swapped: true },
    ],
  ]

  it.each(cases)('compiled gives what tf.js gives: %s', async (_, design, parts) => {
    const signature = stepSignature(design, 2, parts)
    const inputs = inputsOf(signature, 3)
    const first = initialState(design, 4, { dropout: design.rateShare !== undefined })
    const state = Object.fromEntries(Object.entries(first).filter(([name]) => name in (signature.state ?? {})))
    const eager = trainStep(design, parts, recogniser)(toTensors(inputs), toTensors(state))
    const device = await openDevice('cpu')
    const program = await device.compile(trainStep(design, parts, recogniser), signature)
    expect(Object.keys(eager.outputs)).toEqual(
      expect.arrayContaining(
        parts.swapped ? ['follow', 'identity', 'features', 'variation', 'dssim', 'pixels', 'accents', 'mask'] : ['loss'],
      ),
    )
    await program.writeState(state)
    const outputs = await program.run(inputs)
    for (const [name, tensor] of Object.entries(eager.outputs)) expect(outputs[name]!.data[0]).toBeCloseTo(tensor.dataSync()[0]!, 4)
    const next = await program.readState()
    for (const [name, tensor] of Object.entries(eager.state ?? {})) {
      const wanted = tensor.dataSync()
      const off = Math.max(...Array.from(next[name]!.data, (value, i) => Math.abs(value - wanted[i]!)))
      // Adam's first step is ± the rate whatever the gradient's size, so that a gradient of nearly nothing may turn its sign.
      expect(off, name).toBeLessThan(name.includes('weights') || name.includes('average') ? 2.1e-3 : 1e-3)
    }
    await program.dispose()
  })

  it('tells how well pictures and codes are judged apart: by a discriminator that guesses, ln 2 each', async () => {
    for (const code of [0, 6]) {
      const design: StepDesign = { generator, discriminator: { ...discriminator, code } }
      const parts = { average: false, adversarial: true }
      const signature = stepSignature(design, 2, parts)
      const state = pickState(initialState(design, 4), signature)
      for (const [name, { data }] of Object.entries(state)) if (name.startsWith('d.weights/')) (data as Float32Array).fill(0)
      const { outputs } = trainStep(design, parts)(toTensors(inputsOf(signature, 3)), toTensors(state))
      expect(outputs['discriminator']!.dataSync()[0]).toBeCloseTo(Math.LN2, 5)
      expect(outputs['codeDiscriminator']?.dataSync()[0]).toEqual(code === 0 ? undefined : expect.closeTo(Math.LN2, 5))
    }
  })

  it('in parts, whose gradients add up, is the step of the whole batch', async () => {
    const device = await openDevice('cpu')
    const shapes: StepDesign = { generator, discriminator: { ...discriminator, spectral: true, gain: 8, swaps: true } }
    const [whole, part] = [
      { average: true, adversarial: true },
      { average: true, adversarial: true, accumulate: true },
    ]
    const signature = stepSignature(shapes, 4, whole)
    const inputs = inputsOf(signature, 3)
    const run = await device.compile(trainStep(shapes, whole), signature)
    await run.writeState(pickState(initialState(shapes, 4), signature))
    const expected = await run.run(inputs)
    const parts = await device.compile(trainStep(shapes, part), stepSignature(shapes, 2, part))
    await parts.writeState(initialState(shapes, 4, { accumulate: true }))
    const before = await parts.readState()
    const [first, second] = [0, 1].map((k) => partOf(inputs, k, 2)) as [HostTensors, HostTensors]
    const losses = [await parts.run(first)]
    const between = await parts.readState()
    losses.push(await parts.run(second))
    expect((losses[0]!['loss']!.data[0]! + losses[1]!['loss']!.data[0]!) / 2).toBeCloseTo(expected['loss']!.data[0]!, 5)
    const [after, wanted] = [await parts.readState(), await run.readState()]
    for (const name of Object.keys(wanted)) {
      expect(between[name], `${name} before the step's end`).toEqual(before[name])
      const largest = Math.max(...Array.from(wanted[name]!.data, Math.abs))
      const off = Math.max(...Array.from(after[name]!.data, (value, i) => Math.abs(value - wanted[name]!.data[i]!)))
      // As above: where a gradient is nearly nothing, the first step may turn its sign.
      expect(off, name).toBeLessThan(/weights|average/.test(name) ? 2.1e-3 : 1e-3 * largest + 1e-9)
    }
    for (const [name, { data }] of Object.entries(after)) if (name.includes('sums/')) expect(data.every((value) => value === 0)).toBe(true)
    await Promise.all([run.dispose(), parts.dispose()])
  })

  it('lowers both losses of a batch that it sees again and again', async () => {
    const parts = { average: true, adversarial: false }
    const signature = stepSignature(shapes, 2, parts)
    const device = await openDevice('cpu')
    const program = await device.compile(trainStep(shapes, parts), signature)
    await program.writeState(
      Object.fromEntries(Object.entries(initialState(shapes, 4)).filter(([name]) => name in (signature.state ?? {}))),
    )
    const inputs = inputsOf(signature, 9)
    const losses: number[] = []
    for (let step = 0; step < 40; step += 1) {
      const rate = { data: Float32Array.of(adamRate(3e-3, step + 1)), shape: [] }
      losses.push(
        (await program.run({ ...inputs, generatorRate: rate, averageKeep: { data: Float32Array.of(0.9), shape: [] } }))['loss']!.data[0]!,
      )
    }
    expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]!)
    await program.dispose()
  })
})

describe('random numbers', () => {
  it('go on from a saved state, differ by stream, and look uniform', () => {
    const random = seedRandom(42)
    const values = Array.from({ length: 4000 }, () => random.uniform())
    const again = resumeRandom(random.state())
    expect(Array.from({ length: 5 }, () => again.uniform())).toEqual(Array.from({ length: 5 }, () => random.uniform()))
    expect(seedRandom(42, 1).uniform()).not.toBe(values[0])
    expect(values.reduce((a, b) => a + b) / 4000).toBeCloseTo(0.5, 1)
    const normals = Array.from({ length: 4000 }, () => random.normal())
    expect(normals.reduce((a, b) => a + b * b, 0) / 4000).toBeCloseTo(1, 0)
  })
})
