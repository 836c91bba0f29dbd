import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { HostTensors } from '../tensor/index.ts'
import { DfkError, RefusedError } from '../work/errors.ts'
import { consentOf, type Run } from './run.ts'
import { decodeSafetensors } from './safetensors.ts'
import { stepFolders, stepName } from './stepFolders.ts'

export type { Run, RunConfig, Training } from './run.ts'
export {
  consentOf,
  discardRun,
  discriminatorWeight,
  hasDiscriminator,
  openRun,
  requireOwnFolder,
  runConsentPath,
  runExists,
  runFolder,
  saveRun,
} from './run.ts'

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
  /** Of the watch over the losses, and of the setbacks so far; see train/watch.ts and train/setback.ts. */
  watch: z
    .object({
      steps: z.int().min(0),
      sum: z.number(),
      start: z.number().optional(),
      best: z.number().optional(),
      bad: z.int().min(0),
    })
    .optional(),
  setback: z.object({ badStep: z.int(), tries: z.int().min(0), rateScale: z.number().positive() }).optional(),
  files: z.record(z.string(), z.object({ sha256: z.string(), bytes: z.int().min(0) })),
})
/** `state.json`. */
export type StoredState = z.output<typeof stateSchema>
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
 * The newest whole checkpoint. Each damaged one that is newer is named to `onDamaged`. Undefined where the run has none yet; throws DfkError
 * where all are damaged.
 */
export async function latestCheckpoint(run: Run, onDamaged: (message: string) => void = () => {}): Promise<Checkpoint | undefined> {
  const folders = await stepFolders(run.folder)
  for (const { name } of folders) {
    try {
      return await openCheckpoint(join(run.folder, name), run)
    } catch (error) {
      if (!(error instanceof DfkError)) throw error
      onDamaged(`checkpoint ${name} of ${run.name} is not used: ${error.message}`)
    }
  }
  if (folders.length === 0) return undefined
  throw new DfkError(`expected a whole checkpoint in ${run.folder} but all ${folders.length} are damaged`, {
    hint: 'restore the folder from a copy, or train again under another name',
  })
}

/** Which checkpoint of a run to open. */
export interface CheckpointChoice {
  /** Steps trained by then; absent: the newest whole one. */
  readonly step?: number | undefined
  readonly onDamaged?: ((message: string) => void) | undefined
}

/** The checkpoint that is asked for; throws DfkError where the run has none such, naming those that there are. */
export async function requireCheckpoint(run: Run, { step, onDamaged }: CheckpointChoice = {}): Promise<Checkpoint> {
  if (step !== undefined) return checkpointAt(run, step)
  const checkpoint = await latestCheckpoint(run, onDamaged)
  if (checkpoint !== undefined) return checkpoint
  throw new DfkError(`expected a checkpoint in ${run.folder} but it has not been trained yet`, {
    hint: `train it: dfk train ${run.name} --source ${run.config.source.dataset} --target ${run.config.target.dataset}`,
  })
}

/** The checkpoint after `step` steps; throws DfkError where there is none, naming those that there are, or where it is damaged. */
export async function checkpointAt(run: Run, step: number): Promise<Checkpoint> {
  const folders = await stepFolders(run.folder)
  const found = folders.find((folder) => folder.step === step)
  if (found === undefined) {
    const there = [...new Set(folders.map((folder) => folder.step))].reverse()
    throw new DfkError(`expected a checkpoint of ${run.name} at step ${step} but found ${there.length === 0 ? 'none' : there.join(', ')}`, {
      hint: 'dfk train keeps the newest (--keep) and milestones (--milestone-every)',
    })
  }
  try {
    return await openCheckpoint(join(run.folder, found.name), run)
  } catch (error) {
    if (!(error instanceof DfkError)) throw error
    throw new DfkError(`expected checkpoint ${stepName(step)} of ${run.name} whole but it is damaged: ${error.message}`, {
      hint: 'use another one, or restore it from a copy',
      cause: error,
    })
  }
}

async function openCheckpoint(folder: string, run: Run): Promise<Checkpoint> {
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
      const { tensors, metadata } = decodeSafetensors(await readChecked(folder, file, entry.sha256, entry.bytes), file)
      requireOwnConsent(metadata, run, join(folder, file))
      return tensors
    },
  }
}

/** Throws RefusedError where weights were trained under other records than the run says; those of older versions do not say. */
function requireOwnConsent(metadata: Readonly<Record<string, string>>, { config, name }: Run, path: string): void {
  for (const [key, hash] of Object.entries(consentOf(config))) {
    const found = metadata[key]
    if (found === undefined || found === hash) continue
    throw new RefusedError(
      'hash',
      `expected weights of ${name} trained under the record ${hash.slice(0, 12)}… but ${path} was under ${found.slice(0, 12)}… [hash]`,
      { hint: 'put back the config.json and the records that the run was trained with' },
    )
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
