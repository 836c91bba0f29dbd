import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { HostTensors } from '../tensor/index.ts'
import { DfkError } from '../work/errors.ts'
import type { Run } from './run.ts'
import { decodeSafetensors, writeSafetensors } from './safetensors.ts'
import { writeWhole } from './whole.ts'

export type { Run, RunConfig, Training } from './run.ts'
export { discardRun, openRun, runConsentPath, runExists, runFolder, saveRun } from './run.ts'

const STEP_FOLDER = /^step-(\d+)$/

const stateSchema = z.object({
  schema: z.literal(1),
  /** Steps trained so far. */
  step: z.int().min(0),
  /** Milliseconds trained so far, over all calls. */
  elapsedMs: z.number().min(0),
  /** How far the schedule is, 0–1; it depends on time when a run is given minutes. */
  fraction: z.number().min(0).max(1),
  /** The step at which averaging began, and the one at which the discriminator joined in. */
  averageSince: z.int().min(0).optional(),
  adversarialSince: z.int().min(0).optional(),
  /** The step at which swaps began to be judged. */
  swappedSince: z.int().min(0).optional(),
  /** Of runs in half precision; see train/lossScale.ts. */
  lossScale: z.object({ value: z.number().positive(), sound: z.int().min(0) }).optional(),
  /** Of older checkpoints only: what a step draws now follows from the seed and its number. */
  random: z.array(z.int()).length(4).optional(),
  files: z.record(z.string(), z.object({ sha256: z.string(), bytes: z.int().min(0) })),
})
type StoredState = z.output<typeof stateSchema>
/** What a checkpoint says about training besides its tensors. */
export type TrainState = Omit<StoredState, 'schema' | 'files'>

/** A checkpoint whose files have been checked against the hashes in its `state.json`. */
export interface Checkpoint {
  readonly folder: string
  readonly state: TrainState
  /** SHA-256 of each safetensors file, by name without extension. */
  readonly sha256: Record<string, string>
  /** Reads the tensors of one file, such as `generator`. */
  read(file: string): Promise<HostTensors>
}

/**
 * Saves a checkpoint: all files beside, fsynced and hashed, then the folder renamed, then `latest` moved; a kill at any
 * moment leaves the one before. Keeps the newest `keep` and removes older ones.
 */
export async function saveCheckpoint(run: Run, state: TrainState, files: Record<string, HostTensors>, keep: number): Promise<string> {
  const name = `step-${String(state.step).padStart(6, '0')}`
  const folder = join(run.folder, name)
  const part = `${folder}.part`
  await rm(part, { recursive: true, force: true })
  await mkdir(part, { recursive: true })
  try {
    const written: StoredState['files'] = {}
    for (const [file, tensors] of Object.entries(files)) {
      written[`${file}.safetensors`] = await writeSafetensors(join(part, `${file}.safetensors`), tensors, { step: String(state.step) })
    }
    await writeWhole(
      join(part, 'state.json'),
      `${JSON.stringify({ schema: 1, ...state, files: written } satisfies StoredState, null, 2)}\n`,
    )
    await syncFolder(part)
    await rm(folder, { recursive: true, force: true })
    await rename(part, folder)
  } catch (error) {
    await rm(part, { recursive: true, force: true })
    throw error
  }
  await writeWhole(join(run.folder, 'latest'), `${name}\n`)
  await syncFolder(run.folder)
  await removeOld(run, name, keep)
  return folder
}

/**
 * The newest whole checkpoint: the one that `latest` names, else the newest before it that is whole. Each damaged one is
 * named to `onDamaged`. Undefined where the run has none yet; throws DfkError where all are damaged.
 */
export async function latestCheckpoint(run: Run, onDamaged: (message: string) => void = () => {}): Promise<Checkpoint | undefined> {
  const steps = await stepFolders(run.folder)
  const latest = (await readFile(join(run.folder, 'latest'), 'utf8').catch(() => '')).trim()
  const ordered = steps.includes(latest) ? [latest, ...steps.filter((name) => name !== latest)] : steps
  for (const name of ordered) {
    try {
      return await openCheckpoint(join(run.folder, name))
    } catch (error) {
      if (!(error instanceof DfkError)) throw error
      onDamaged(`checkpoint ${name} of ${run.name} is not used: ${error.message}`)
    }
  }
  if (ordered.length === 0) return undefined
  throw new DfkError(`expected a whole checkpoint in ${run.folder} but all ${ordered.length} are damaged`, {
    hint: 'restore the folder from a copy, or train again under another name',
  })
}

/** The newest whole checkpoint; throws DfkError where the run has none. */
export async function requireCheckpoint(run: Run, onDamaged?: (message: string) => void): Promise<Checkpoint> {
  const checkpoint = await latestCheckpoint(run, onDamaged)
  if (checkpoint !== undefined) return checkpoint
  throw new DfkError(`expected a checkpoint in ${run.folder} but it has not been trained yet`, {
    hint: `train it: dfk train ${run.name} --source ${run.config.source.dataset} --target ${run.config.target.dataset}`,
  })
}

async function openCheckpoint(folder: string): Promise<Checkpoint> {
  const { files, schema: _schema, ...state } = await readState(folder)
  for (const [file, { sha256, bytes }] of Object.entries(files)) await readChecked(folder, file, sha256, bytes)
  return {
    folder,
    state,
    sha256: Object.fromEntries(Object.entries(files).map(([file, entry]) => [file.replace(/\.safetensors$/, ''), entry.sha256])),
    async read(name) {
      const file = `${name}.safetensors`
      const entry = files[file]
      if (entry === undefined) throw new DfkError(`expected ${file} in ${folder} but it has none`)
      return decodeSafetensors(await readChecked(folder, file, entry.sha256, entry.bytes), file).tensors
    },
  }
}

async function readState(folder: string): Promise<StoredState> {
  const text = await readFile(join(folder, 'state.json'), 'utf8').catch(() => {
    throw new DfkError('state.json cannot be read')
  })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new DfkError('state.json does not parse', { cause })
  }
  const parsed = stateSchema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new DfkError(`state.json: ${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`)
}

async function readChecked(folder: string, file: string, sha256: string, bytes: number): Promise<Buffer> {
  if (!/^[\w-]+\.safetensors$/.test(file))
    throw new DfkError(`state.json names a file ${JSON.stringify(file)} that is no file of a checkpoint`)
  const found = await readFile(join(folder, file)).catch(() => {
    throw new DfkError(`${file} cannot be read`)
  })
  if (found.length !== bytes) throw new DfkError(`${file}: expected ${bytes} bytes but found ${found.length}`)
  const hash = createHash('sha256').update(found).digest('hex')
  if (hash !== sha256) throw new DfkError(`${file}: its SHA-256 is not the one in state.json`)
  return found
}

/** Whether a run's folder holds a checkpoint, whole or not. */
export async function hasCheckpoint(folder: string): Promise<boolean> {
  return (await stepFolders(folder)).length > 0
}

/** Names of the step folders, newest first. */
async function stepFolders(folder: string): Promise<string[]> {
  const names = await readdir(folder)
  const step = (name: string) => Number(STEP_FOLDER.exec(name)?.[1] ?? -1)
  return names.filter((name) => STEP_FOLDER.test(name)).sort((a, b) => step(b) - step(a))
}

/** Removes all but the newest `keep`, what a kill left half written, and steps after this one: a damaged future that was given up. */
async function removeOld(run: Run, current: string, keep: number): Promise<void> {
  const steps = await stepFolders(run.folder)
  const at = steps.indexOf(current)
  const halves = (await readdir(run.folder)).filter((name) => /^step-\d+\.part$/.test(name))
  for (const name of [...steps.slice(0, at), ...steps.slice(at + Math.max(1, keep)), ...halves]) {
    await rm(join(run.folder, name), { recursive: true, force: true })
  }
}

/** Makes a rename durable; Windows has no such call and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
