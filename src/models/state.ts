import type { HostTensor, HostTensors, TensorMap } from '../tensor/index.ts'
import { type DiscriminatorShape, discriminatorShapes, spectralShapes } from './discriminator.ts'
import { type GeneratorShape, generatorShapes } from './generator.ts'
import { initialise, type ParameterShapes, type Parameters } from './layers.ts'
import { type Random, seedRandom } from './random.ts'

/** Both networks. */
export interface NetworkShapes {
  readonly generator: GeneratorShape
  readonly discriminator: DiscriminatorShape
}

/** Which groups of state a step has. */
export interface StateParts {
  readonly average: boolean
  readonly adversarial: boolean
  readonly accumulate?: boolean
  /** Learning-rate dropout: a number for each weight says when it moves. */
  readonly dropout?: boolean
}

/** Groups of a step's state; each is a prefix of tensor names. */
export type Group =
  | 'weights'
  | 'first'
  | 'second'
  | 'average'
  | 'sums'
  | 'phases'
  | 'd.weights'
  | 'd.first'
  | 'd.second'
  | 'd.sums'
  | 'd.vectors'

/** The tensors of a group, by their names in the network. */
export function pick<T>(state: Readonly<Record<string, T>>, group: Group): Record<string, T> {
  const prefix = `${group}/`
  return Object.fromEntries(
    Object.entries(state).flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [])),
  )
}

/** Puts tensors into a state as a group. */
export function put(state: TensorMap, group: Group, parameters: Parameters): void {
  for (const [name, tensor] of Object.entries(parameters)) state[`${group}/${name}`] = tensor
}

function groupsOf(shapes: NetworkShapes, parts: StateParts): Group[] {
  const ofEach = ['weights', 'first', 'second', ...(parts.accumulate ? (['sums'] as const) : [])] as const
  const adversarial = parts.adversarial ? ofEach.map((group) => `d.${group}` as const) : []
  return [
    ...ofEach,
    ...(parts.average ? (['average'] as const) : []),
    ...(parts.dropout ? (['phases'] as const) : []),
    ...adversarial,
    ...(parts.adversarial && shapes.discriminator.spectral ? (['d.vectors'] as const) : []),
  ]
}

function shapesOf(group: Group, { generator, discriminator }: NetworkShapes): ParameterShapes {
  if (!group.startsWith('d.')) return generatorShapes(generator)
  const shapes = discriminatorShapes(discriminator, generator.code)
  return group === 'd.vectors' ? spectralShapes(shapes) : shapes
}

/** Shapes of a step's state, by group and name. */
export function stateShapes(shapes: NetworkShapes, parts: StateParts): ParameterShapes {
  return Object.fromEntries(
    groupsOf(shapes, parts).flatMap((group) =>
      Object.entries(shapesOf(group, shapes)).map(([name, shape]) => [`${group}/${name}`, shape] as const),
    ),
  )
}

function filled(shapes: ParameterShapes, draw: (random: Random) => number, random: Random): Record<string, HostTensor> {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const size = shape.reduce((product, length) => product * length, 1)
      return [name, { data: Float32Array.from({ length: size }, () => draw(random)), shape }]
    }),
  )
}

/** The state that a new run starts from, all groups of it; it depends on the seed alone, unless `base` brings weights of either network. */
export function initialState(
  shapes: NetworkShapes,
  seed: number,
  { accumulate = false, dropout = false, base = {} }: { accumulate?: boolean; dropout?: boolean; base?: HostTensors } = {},
): HostTensors {
  const parts = { average: true, adversarial: true, accumulate, dropout }
  const weights = { ...initialise(generatorShapes(shapes.generator), seedRandom(seed, 1)), ...pick(base, 'weights') }
  const judge = {
    ...initialise(discriminatorShapes(shapes.discriminator, shapes.generator.code), seedRandom(seed, 2)),
    ...pick(base, 'd.weights'),
  }
  const starts: Partial<Record<Group, Record<string, HostTensor>>> = {
    weights,
    average: weights,
    'd.weights': judge,
    ...(dropout && { phases: filled(shapesOf('phases', shapes), (random) => random.uniform(), seedRandom(seed, 4)) }),
    ...(shapes.discriminator.spectral && {
      'd.vectors': filled(shapesOf('d.vectors', shapes), (random) => random.normal(), seedRandom(seed, 3)),
    }),
  }
  const state: HostTensors = {}
  for (const group of groupsOf(shapes, parts)) {
    for (const [name, shape] of Object.entries(shapesOf(group, shapes))) {
      const size = shape.reduce((product, length) => product * length, 1)
      state[`${group}/${name}`] = starts[group]?.[name] ?? { data: new Float32Array(size), shape }
    }
  }
  return state
}
