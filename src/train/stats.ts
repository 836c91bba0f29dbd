import { appendFile, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Run } from '../store/checkpoint.ts'
import { readJsonl } from '../store/jsonl.ts'
import { writeWhole } from '../work/whole.ts'

/** What is reported of an interval of steps: means of the losses over it. */
export interface LogEntry {
  /** Steps trained so far. */
  readonly step: number
  readonly loss: number
  /** Reconstruction loss of each person. */
  readonly source: number
  readonly target: number
  /**
   * Loss of the generator against the discriminator, and of the discriminator, once it has joined in: of pictures, and of codes where it judges those.
   * 0.69 is guessing. Lines of older versions have the sum of both in `discriminator`.
   */
  readonly adversarial?: number
  readonly discriminator?: number
  readonly codeDiscriminator?: number
  readonly rate: number
  /** Strength of the augmentation, 0–1, and the weights of the losses that come in later: of the discriminator's, and the share of theirs that those of swaps have. */
  readonly augment: number
  readonly ganWeight?: number
  readonly swapWeight?: number
  readonly stepMs: number
  /** Part of the time in which the step waited for pictures, 0–1. */
  readonly waitShare: number
  readonly elapsedMs: number
}

/** Appends a line to `stats.jsonl`. */
export async function appendStats(run: Run, entry: LogEntry): Promise<void> {
  await appendFile(join(run.folder, 'stats.jsonl'), `${JSON.stringify(entry)}\n`)
}

/** Drops previews and lines of `stats.jsonl` and `validations.jsonl` after `step`, and broken ones: what was trained after the last checkpoint will be trained again. */
export async function trimStats(run: Run, step: number): Promise<void> {
  for (const name of ['stats.jsonl', 'validations.jsonl']) await trimLines(join(run.folder, name), step)
  await trimPreviews(run, step)
}

/** Removes previews of steps after `step`. */
async function trimPreviews(run: Run, step: number): Promise<void> {
  const folder = join(run.folder, 'previews')
  for (const name of await readdir(folder).catch(() => [])) {
    const [, of] = /^step-(\d+)\.png$/.exec(name) ?? []
    if (of !== undefined && Number(of) > step) await rm(join(folder, name), { force: true })
  }
}

/** What was logged so far, oldest first. */
export async function readStats(run: Run): Promise<LogEntry[]> {
  return (await readJsonl(join(run.folder, 'stats.jsonl'), z.record(z.string(), z.number()))) as unknown as LogEntry[]
}

async function trimLines(path: string, step: number): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const kept = text.split('\n').filter((line) => stepOf(line) <= step)
  await writeWhole(path, kept.map((line) => `${line}\n`).join(''))
}

function stepOf(line: string): number {
  try {
    return Number((JSON.parse(line) as { step?: unknown }).step)
  } catch {
    return Number.NaN
  }
}
