import { type ChildProcess, spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type Random, seedRandom } from '../src/models/random.ts'
import { checkpointAt, latestCheckpoint, openRun, runExists } from '../src/store/checkpoint.ts'
import { halfWritten, stepFolders } from '../src/store/stepFolders.ts'
import { checkInterrupted, DfkError } from '../src/work/errors.ts'
import { ROOT } from './dfk.ts'

/** A training that is to be killed: `dfk train <run> …args`, with DFK_HOME set to `home`. */
export interface Victim {
  readonly home: string
  readonly run: string
  readonly args: readonly string[]
}

/** What many kills left of a run. */
export interface Killings {
  readonly kills: number
  /** Of these, while a checkpoint was being written. */
  readonly whileSaving: number
  /** Times that a folder was found half written, which nobody takes for a checkpoint. */
  readonly halfWritten: number
  /** Checkpoints opened and hashed after the kills. */
  readonly opened: number
  /** Steps of the newest checkpoint after each kill. */
  readonly steps: readonly number[]
}

/** Longest that one training may take to what it is to be killed at. */
const MOST_MS = 60_000
/** More steps than any of them takes. */
const NO_END = 1_000_000

/**
 * Starts the training `kills` times and kills it without warning, half of the times while it writes a checkpoint; then checks that all checkpoints are
 * whole and the newest no older than before. Throws DfkError otherwise, or where the training ends before it is killed.
 */
export async function killRepeatedly(victim: Victim, kills: number, seed: number, signal?: AbortSignal): Promise<Killings> {
  const random = seedRandom(seed)
  const folder = join(victim.home, 'checkpoints', victim.run)
  const counts = { whileSaving: 0, halfWritten: 0, opened: 0 }
  const steps: number[] = []
  for (let kill = 0; kill < kills; kill += 1) {
    checkInterrupted(signal)
    if (await killOnce(victim, folder, random, kill % 2 === 1)) counts.whileSaving += 1
    counts.halfWritten += (await halves(folder)).length
    // Killed before it was written: nothing is there to be damaged.
    if (!(await runExists(victim.home, victim.run))) continue
    counts.opened += await checkWhole(victim, folder, steps.at(-1) ?? 0, steps)
  }
  return { kills, ...counts, steps }
}

/** Kills one training, at a random moment or while it saves; returns whether a checkpoint was being written just then. */
async function killOnce(victim: Victim, folder: string, random: Random, duringSave: boolean): Promise<boolean> {
  const child = startTraining(victim, NO_END)
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  let over = false
  void ended.then(() => {
    over = true
  })
  const startedMs = performance.now()
  // Loading takes about the first second: some kills fall into it, most do not.
  const atMs = 300 + random.uniform() * 3000
  const atSave = 1 + random.below(4)
  const offsetMs = random.uniform() * 40
  const left = (await halves(folder)).join()
  let [saves, wasSaving] = [0, false]
  while (!over && (duringSave ? saves < atSave : performance.now() - startedMs < atMs)) {
    if (performance.now() - startedMs > MOST_MS) throw new DfkError('expected some checkpoints within a minute but found fewer')
    await setTimeout(duringSave ? 1 : 5)
    const now = (await halves(folder)).join()
    // What an earlier kill left there is no sign of life.
    const isSaving = now !== '' && (saves > 0 || now !== left)
    if (isSaving && !wasSaving) saves += 1
    wasSaving = isSaving
  }
  if (duringSave) await setTimeout(offsetMs)
  const saving = (await halves(folder)).length > 0 && wasSaving
  if (over) throw new DfkError('expected the training to be killed but it ended before')
  child.kill('SIGKILL')
  await ended
  return saving
}

function startTraining({ home, run, args }: Victim, steps: number): ChildProcess {
  const bin = join(ROOT, 'bin', 'dfk.js')
  const env = { ...process.env, DFK_HOME: home }
  return spawn(process.execPath, [bin, 'train', run, ...args, '--steps', `${steps}`, '--quiet'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** Lets a training take its steps in peace; returns the SHA-256 of its weights' files. Throws DfkError where it fails. */
export async function finish(victim: Victim, steps: number): Promise<Record<string, string>> {
  const child = startTraining(victim, steps)
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  if (code !== 0) throw new DfkError(`expected the training of ${victim.run} to end well but its exit code is ${code}`)
  const checkpoint = await checkpointAt(await openRun(victim.home, victim.run), steps)
  return checkpoint.sha256
}

/** Names of the folders in which a checkpoint is being written, or was when its writer was killed. */
async function halves(folder: string): Promise<string[]> {
  return readdir(folder).then(
    () => halfWritten(folder),
    () => [],
  )
}

/** Opens every checkpoint there is; returns how many. */
async function checkWhole({ run: name }: Victim, folder: string, stepBefore: number, steps: number[]): Promise<number> {
  const run = await openRun('', folder)
  const folders = await stepFolders(folder)
  for (const { step } of folders) await checkpointAt(run, step)
  const newest = await latestCheckpoint(run, (message) => {
    throw new DfkError(`expected whole checkpoints of ${name} but found damage: ${message}`)
  })
  const step = newest?.state.step ?? 0
  if (step < stepBefore) throw new DfkError(`expected a checkpoint of ${name} at step ${stepBefore} or later but found step ${step}`)
  if (newest !== undefined) {
    const latest = (await readFile(join(folder, 'latest'), 'utf8').catch(() => '')).trim()
    const isNamed = latest === '' || folders.some((each) => each.name === latest)
    if (!isNamed) throw new DfkError(`expected latest of ${name} to name a checkpoint but found ${latest}`)
  }
  steps.push(step)
  return folders.length
}
