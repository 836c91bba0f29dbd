import fc from 'fast-check'

/** Something that holds for all values of a kind, checked for `runs` of them. */
export interface Property {
  readonly name: string
  check(seed: number): Promise<void>
}

export function property<T>(name: string, values: fc.Arbitrary<T>, check: (value: T) => Promise<void>, runs = 24): Property {
  return { name, check: (seed) => fc.assert(fc.asyncProperty(fc.noBias(values), check), { numRuns: runs, seed }) }
}

/** Whole numbers from 1 to `max`. */
export const upTo = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max })

/** Shapes of `least` to `most` axes of 1 to `side` elements. */
export const shapes = (least: number, most: number, side = 4): fc.Arbitrary<number[]> =>
  fc.array(upTo(side), { minLength: least, maxLength: most, size: 'max' })

/** Two shapes that broadcast to one: a shape, and the same with axes left out at the front and others of size 1, in either order. */
export const broadcastable = (most = 4): fc.Arbitrary<[number[], number[]]> =>
  shapes(0, most).chain((shape) =>
    fc
      .record({
        ones: fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
        drop: fc.integer({ min: 0, max: shape.length }),
        turned: fc.boolean(),
      })
      .map(({ ones, drop, turned }): [number[], number[]] => {
        const small = shape.map((size, axis) => (ones[axis] ? 1 : size)).slice(drop)
        return turned ? [small, shape] : [shape, small]
      }),
  )

/** A shape with some of its axes. */
export const withAxes = (least: number, most: number): fc.Arbitrary<{ shape: number[]; axes: number[] }> =>
  shapes(least, most).chain((shape) => fc.record({ shape: fc.constant(shape), axes: fc.subarray([...shape.keys()], { minLength: 1 }) }))

/** A shape with one of its axes. */
export const withAxis = (least: number, most: number): fc.Arbitrary<{ shape: number[]; axis: number }> =>
  shapes(least, most).chain((shape) => fc.record({ shape: fc.constant(shape), axis: fc.nat(shape.length - 1) }))
