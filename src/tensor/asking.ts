import { DfkError } from '../work/errors.ts'
import { tf } from './tf.ts'

/** What tf.js adds to the name of an operation when it opens its scope. */
const SUFFIX = '__op'

/** The tf.js operations that are running, outermost first, by the names that a program calls them by: 'dropout', 'randomUniform'. */
function runningOps(): string[] {
  return tf.engine().state.scopeStack.flatMap(({ name }) => (name.endsWith(SUFFIX) ? [name.slice(0, -SUFFIX.length)] : []))
}

/** Who asks for a kernel, for messages: the innermost operation; a gradient may ask with none of its own running. */
function asker(): string {
  return runningOps().at(-1) ?? 'a gradient'
}

const SHAPE_FROM_DATA = 'the size of its result depends on the data: return what it works on as an output, and compute it after run()'
const NO_COMPLEX = 'the tracer has no complex numbers: write the transform as a matrix product with sines and cosines'
const NO_VOLUMES = 'the tracer knows pictures, not volumes: write it as a sum of 2-D operations'
const NO_STRINGS = 'the tracer has no strings: work on them outside the program'

/** What to do instead, by the beginning of a kernel's name. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [/^(NonMaxSuppression|Unique|Ragged|Sparse|Where)/, SHAPE_FROM_DATA],
  [/^(Complex|FFT|IFFT|RFFT|IRFFT|Real$|Imag)/, NO_COMPLEX],
  [/3D/, NO_VOLUMES],
  [/^(String|StaticRegex)/, NO_STRINGS],
  [/^Multinomial/, 'draw the numbers outside and hand them in as an input'],
]

/** The error for a kernel that the tracer lacks. */
export function missingKernel(name: string): DfkError {
  return new DfkError('expected one that the tracer knows', {
    hint: HINTS.find(([names]) => names.test(name))?.[1] ?? `write it with other tf operations, or add ${name} to src/tensor/kernels`,
  })
}

/** Runs a kernel; what it refuses is said with the operation that asked for it. */
export function askedFor<T>(name: string, run: () => T): T {
  try {
    return run()
  } catch (cause) {
    if (!(cause instanceof DfkError)) throw cause
    throw new DfkError(`${asker()} asked for the kernel ${name}: ${cause.message}`, { ...(cause.hint && { hint: cause.hint }), cause })
  }
}

const RANDOM = /^(rand|random|truncatedNormal|dropout|multinomial)/

/** Throws where a random operation writes numbers: a program is traced once, and every run would get the same ones. */
export function refuseRandom(): void {
  const op = runningOps().find((name) => RANDOM.test(name))
  if (op === undefined) return
  throw new DfkError(`expected a program without randomness of its own but found ${op} while tracing`, {
    hint: 'every run would get the same numbers: draw them outside and hand them in as an input',
  })
}
