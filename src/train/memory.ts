import { freemem } from 'node:os'
import type { RunConfig } from '../store/checkpoint.ts'
import type { Device, Program, Signature } from '../tensor/index.ts'
import { DfkError } from '../work/errors.ts'
import { drawsSwaps } from './settings.ts'

/** What the rest of the process takes besides the program: Node, the libraries, pictures. */
const BESIDES = 300e6
/** How much more the runtime holds than lives at once, since freed pieces do not fit what comes next; measured 1.2 for `standard`. */
const SLACK = 1.2

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1)

/** Memory that this process may still take, in bytes: what the system or the container has left. */
function memoryLeft(): number {
  const { availableMemory } = process as { availableMemory?: () => number }
  return availableMemory === undefined ? freemem() : Math.min(availableMemory.call(process), freemem())
}

/** What training takes: the program, and its state once more on the way to a checkpoint. In bytes. */
function trainingBytes(memoryBytes: number, { state = {} }: Signature): number {
  const numbers = Object.values(state).reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0)
  return SLACK * memoryBytes + 4 * numbers + BESIDES
}

/**
 * Throws a DfkError, before the first step, where a run needs more memory than is left; returns what it reckoned, in words. Nobody says how much a
 * GPU has left, so there it only reckons.
 */
export function checkMemory(
  { memoryBytes }: Pick<Program, 'memoryBytes'>,
  signature: Signature,
  device: Device['name'],
  { batch, accumulate, ...run }: Pick<RunConfig, 'batch' | 'accumulate' | 'training' | 'discriminator'>,
  left: number = memoryLeft(),
): string | undefined {
  if (memoryBytes === undefined) return undefined
  if (device !== 'cpu') return `needs about ${gigabytes(SLACK * memoryBytes)} GB of the GPU's memory`
  const needed = trainingBytes(memoryBytes, signature)
  if (needed <= left) return `needs about ${gigabytes(needed)} GB of memory, ${gigabytes(left)} GB are free`
  const more = [2, 3, 4, 6, 8, 16, 32, 64]
    .map((times) => times * accumulate)
    .find((parts) => batch % (drawsSwaps(run) ? 2 * parts : parts) === 0)
  const same = more === undefined ? '' : `, or --accumulate ${more} for the same result`
  const hint = batch === 1 ? 'use a smaller --preset, or a machine with more memory' : `try --batch ${Math.ceil(batch / 2)}${same}`
  throw new DfkError(`expected memory for this run, about ${gigabytes(needed)} GB, but found ${gigabytes(left)} GB free`, { hint })
}
