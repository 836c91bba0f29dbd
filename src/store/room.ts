import { statfs } from 'node:fs/promises'
import { discriminatorShapes } from '../models/discriminator.ts'
import { generatorShapes } from '../models/generator.ts'
import type { ParameterShapes } from '../models/layers.ts'
import type { HostTensors } from '../tensor/index.ts'
import { DfkError } from '../work/errors.ts'
import { isMilestone, mostKept, type Retention } from './retention.ts'
import type { RunConfig } from './run.ts'
import { stepFolders } from './stepFolders.ts'

/** Bytes that may still be written into a folder. */
export type FreeBytes = (folder: string) => Promise<number>

/** What the headers of a checkpoint's files and its `state.json` take at most. */
const HEADERS = 2e6
/** Room for what a training writes besides: previews, lines of losses. */
const BESIDES = 20e6

const ofTensors = (shapes: ParameterShapes): number =>
  Object.values(shapes).reduce((sum, shape) => sum + 4 * shape.reduce((product, size) => product * size, 1), 0)

/** What the disk of a folder has left for this user, in bytes. */
export const freeBytesOf: FreeBytes = async (folder) => {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/** What a checkpoint of a run takes at most, in bytes: weights, their average and Adam's two, of the discriminator all but an average. */
export function checkpointBytes({
  generator,
  discriminator,
  training,
}: Pick<RunConfig, 'generator' | 'discriminator' | 'training'>): number {
  const judge = training.adversarialWeight > 0 ? 3 * ofTensors(discriminatorShapes(discriminator)) : 0
  return 4 * ofTensors(generatorShapes(generator)) + judge + HEADERS
}

/** What these files take on disk, in bytes. */
export function filesBytes(files: Readonly<Record<string, HostTensors>>): number {
  const tensors = Object.values(files).flatMap((file) => Object.values(file))
  return tensors.reduce((sum, { data }) => sum + data.byteLength, HEADERS)
}

/** Sizes for messages. */
export function inWords(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
}

/** Throws DfkError where the disk of `folder` has less than `bytes` left for `what`. */
export async function requireRoom(folder: string, bytes: number, what: string, hint: string, freeBytes: FreeBytes): Promise<void> {
  const free = await freeBytes(folder)
  if (free >= bytes) return
  throw new DfkError(`expected ${inWords(bytes)} of free disk for ${what} but found ${inWords(free)} in ${folder}`, { hint })
}

/**
 * Throws DfkError where the disk has no room for the checkpoints that a training up to `lastStep` keeps and the one that is being written, less those
 * that make room. `lastStep` undefined: nobody knows.
 */
export async function requireTrainingRoom(
  folder: string,
  config: Pick<RunConfig, 'name' | 'generator' | 'discriminator' | 'training'>,
  retention: Retention,
  lastStep: number | undefined,
  freeBytes: FreeBytes = freeBytesOf,
): Promise<void> {
  const there = await stepFolders(folder)
  const leaving = there.filter(({ step }) => !isMilestone(step, retention)).length
  const count = Math.max(1, mostKept(retention, there[0]?.step ?? 0, lastStep) + 1 - leaving)
  const what = `${count} checkpoint${count === 1 ? '' : 's'} of ${config.name}`
  const hint = 'free some space, keep fewer (--keep 1, --milestone-every 0), or set DFK_HOME to a folder on another disk'
  await requireRoom(folder, count * checkpointBytes(config) + BESIDES, what, hint, freeBytes)
}
