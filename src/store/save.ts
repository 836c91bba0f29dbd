import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { HostTensors } from '../tensor/index.ts'
import { DfkError } from '../work/errors.ts'
import { writeWhole } from '../work/whole.ts'
import type { StoredState, TrainState } from './checkpoint.ts'
import { keptSteps, type Retention } from './retention.ts'
import { type FreeBytes, filesBytes, freeBytesOf, inWords, requireRoom } from './room.ts'
import { consentOf, type Run } from './run.ts'
import { writeSafetensors } from './safetensors.ts'
import { halfWritten, stepFolders, stepName } from './stepFolders.ts'

/**
 * Saves a checkpoint: all files beside, fsynced and hashed, then the folder renamed, then what is no longer kept removed; at every instant
 * the one before is there whole. Throws DfkError, and leaves everything as it was, where the disk has no room.
 */
export async function saveCheckpoint(
  run: Run,
  state: TrainState,
  files: Record<string, HostTensors>,
  retention: Retention,
  freeBytes: FreeBytes = freeBytesOf,
): Promise<string> {
  const name = stepName(state.step)
  const folder = join(run.folder, name)
  const part = `${folder}.part`
  for (const half of await halfWritten(run.folder)) await rm(join(run.folder, half), { recursive: true, force: true })
  const bytes = filesBytes(files)
  await requireRoom(run.folder, bytes, `checkpoint ${name} of ${run.name}`, await hintOf(run), freeBytes)
  try {
    await mkdir(part)
    await writeFiles(part, state, files, consentOf(run.config))
    await putInPlace(part, folder)
  } catch (error) {
    await rm(part, { recursive: true, force: true })
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error
    const message = `expected ${inWords(bytes)} of free disk for checkpoint ${name} of ${run.name} but it filled up in ${run.folder}`
    throw new DfkError(message, { hint: await hintOf(run), cause: error })
  }
  await writeWhole(join(run.folder, 'latest'), `${name}\n`)
  await removeOld(run, state.step, retention)
  return folder
}

async function hintOf(run: Run): Promise<string> {
  const [newest] = await stepFolders(run.folder)
  const from = newest === undefined ? '' : `; it goes on from step ${newest.step}`
  return `free some space, then run the same command again${from}`
}

async function writeFiles(
  part: string,
  state: TrainState,
  files: Record<string, HostTensors>,
  consent: Record<string, string>,
): Promise<void> {
  const written: StoredState['files'] = {}
  for (const [file, tensors] of Object.entries(files)) {
    written[`${file}.safetensors`] = await writeSafetensors(join(part, `${file}.safetensors`), tensors, {
      step: String(state.step),
      ...consent,
    })
  }
  await writeWhole(join(part, 'state.json'), `${JSON.stringify({ schema: 1, ...state, files: written } satisfies StoredState, null, 2)}\n`)
}

/** Renames a whole folder into place. One that is there steps aside first, where it still counts, since no system swaps two folders at once. */
async function putInPlace(part: string, folder: string): Promise<void> {
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  )
  if (isThere) {
    await rm(`${folder}.old`, { recursive: true, force: true })
    await rename(folder, `${folder}.old`)
  }
  await rename(part, folder)
}

/** Removes what is not kept, and steps after this one: a future that was given up, damaged or gone wrong. */
async function removeOld(run: Run, current: number, retention: Retention): Promise<void> {
  const folders = await stepFolders(run.folder)
  const past = folders.filter(({ step, aside }) => !aside && step <= current)
  const kept = keptSteps(
    past.map(({ step }) => step),
    retention,
  )
  for (const { name, step, aside } of folders) {
    if (aside || !kept.includes(step)) await rm(join(run.folder, name), { recursive: true, force: true })
  }
}
