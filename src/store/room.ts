import { statfs } from 'node:fs/promises'
import { type NetworkShapes, stepSignature } from '../models/step.ts'
import type { HostTensors } from '../tensor/index.ts'
import { DfkError } from '../work/errors.ts'
import { isMilestone, mostKept, type Retention } from './retention.ts'
import { hasDiscriminator } from './run.ts'
import { stepFolders } from './stepFolders.ts'

/** Bytes that may still be written into a folder. */
export type FreeBytes = (folder: string) => Promise<number>

/** What the headers of a checkpoint's files and its `state.json` take at most. */
const HEADERS = 2e6
/** Room for what a training writes besides: previews, lines of losses. */
const BESIDES = 20e6

/** What decides how large a run's checkpoints are. */
type Networks = NetworkShapes & { readonly training: Parameters<typeof hasDiscriminator>[0] }

/** What the disk of a folder has left for this user, in bytes. */
export const freeBytesOf: FreeBytes = async (folder) => {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/** What a checkpoint of a run takes at most, in bytes: the whole state of a step, average and discriminator included where there will be such. */
export function checkpointBytes(networks: Networks): number {
  const { state = {} } = stepSignature(networks, 1, { average: true, adversarial: hasDiscriminator(networks.training) })
  return Object.values(state).reduce((sum, { shape }) => sum + 4 * shape.reduce((product, size) => product * size, 1), HEADERS)
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
  config: Networks & { readonly name: string },
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
