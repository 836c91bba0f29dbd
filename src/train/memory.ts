import { freemem } from 'node:os'
import type { RunConfig } from '../store/checkpoint.ts'
import type { Device, Program } from '../tensor/index.ts'
import { DfkError } from '../work/errors.ts'

/** What the rest of the process takes besides the program: Node, the libraries, pictures, a checkpoint on its way. */
const BESIDES = 400e6

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1)

/** Memory that this process may still take, in bytes: what the system or the container has left. */
export function memoryLeft(): number {
  const { availableMemory } = process as { availableMemory?: () => number }
  return availableMemory === undefined ? freemem() : Math.min(availableMemory.call(process), freemem())
}

/**
 * Throws a DfkError, before the first step, where a training step needs more memory than is left. Only for programs on the CPU: nobody says how
 * much a GPU has left.
 */
export function checkMemory(
  { memoryBytes }: Pick<Program, 'memoryBytes'>,
  device: Device['name'],
  { batch, accumulate }: Pick<RunConfig, 'batch' | 'accumulate'>,
  left: number = memoryLeft(),
): void {
  if (memoryBytes === undefined || device !== 'cpu') return
  const needed = memoryBytes + BESIDES
  if (needed <= left) return
  const more = [2, 4, 8, 16, 32, 64].map((times) => times * accumulate).find((parts) => batch % parts === 0)
  const hint =
    more === undefined
      ? 'use a smaller --preset, or a machine with more memory'
      : `try --batch ${Math.ceil(batch / 2)}, or --accumulate ${more} for the same result`
  throw new DfkError(`expected memory for this run, about ${gigabytes(needed)} GB, but found ${gigabytes(left)} GB free`, { hint })
}
