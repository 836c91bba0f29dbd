import { expect } from 'vitest'
import { type HostTensor, tf } from '../../src/tensor/index.ts'
import { numbers } from './numbers.ts'

type Loss = (...tensors: tf.Tensor[]) => tf.Scalar

/** So small that hardly ever a kink lies within it, and in doubles still large enough. */
const STEP = 1e-7

/**
 * Runs tf.js's CPU backend in float64: its kernels compute in JavaScript's doubles and round only because they store
 * in a Float32Array, a name that here stands for doubles.
 */
function inDoubles<T>(run: () => T): T {
  const { Float32Array: singles } = globalThis
  class Doubles extends Float64Array {
    static override [Symbol.hasInstance](value: unknown): boolean {
      return value instanceof Float64Array || value instanceof singles
    }
  }
  void tf.setBackend('cpu')
  const platform = tf.env().platform as { isTypedArray(a: unknown): boolean }
  const { isTypedArray } = platform
  platform.isTypedArray = (a) => a instanceof Float64Array || isTypedArray.call(platform, a)
  globalThis.Float32Array = Doubles as unknown as typeof Float32Array
  try {
    return tf.tidy(run as () => never)
  } finally {
    globalThis.Float32Array = singles
    platform.isTypedArray = isTypedArray
  }
}

/** How fast `loss` changes from `at` along `direction`, a change of the tensor `which` only: central differences in float64. */
function slope(loss: Loss, at: readonly HostTensor[], which: number, direction: Float32Array): number {
  return inDoubles(() => {
    const valueAt = (step: number): number => {
      const tensors = at.map(({ data, shape }, i) => {
        const type = data instanceof Int32Array ? 'int32' : data instanceof Uint8Array ? 'bool' : 'float32'
        if (type !== 'float32') return tf.tensor(data, [...shape], type)
        return tf.tensor(
          Float64Array.from(data, (x, j) => (i === which ? x + step * direction[j]! : x)) as unknown as Float32Array,
          [...shape],
          'float32',
        )
      })
      return loss(...tensors).dataSync()[0]!
    }
    return (valueAt(STEP) - valueAt(-STEP)) / (2 * STEP)
  })
}

/** Expects `gradient`, that of `loss` by the tensor `which`, to say how fast the loss changes along two random directions, 1e-4 relative. */
export function expectSlopes(loss: Loss, at: readonly HostTensor[], which: number, gradient: ArrayLike<number>, what: string): void {
  for (const seed of [31, 32]) {
    const direction = numbers(gradient.length, seed)
    let [said, size] = [0, 0]
    for (let i = 0; i < gradient.length; i++) {
      said += gradient[i]! * direction[i]!
      size += (gradient[i]! * direction[i]!) ** 2
    }
    const measured = slope(loss, at, which, direction)
    const allowed = 1e-4 * Math.max(Math.sqrt(size), Math.abs(measured), 1e-4)
    if (!(Math.abs(said - measured) <= allowed)) expect.fail(`${what}: the loss changes by ${measured} but the gradient says ${said}`)
  }
}
