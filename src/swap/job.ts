import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { DAMAGE_SIGNS, type PicturePlan } from '../media/index.ts'
import { DfkError } from '../work/errors.ts'
import { makeFolder } from '../work/folder.ts'
import { hashFile } from '../work/hashFile.ts'
import { lockFolder } from '../work/lock.ts'
import { syncFolder, writeWhole } from '../work/whole.ts'
import { markQueued, queueOf, requireUnqueued } from './queued.ts'

const doneSchema = z.object({
  number: z.int().min(0),
  frames: z.int().min(1),
  /** Frames in which faces were to be replaced; older jobs do not say. */
  asked: z.int().min(0).optional(),
  swapped: z.int().min(0),
  /** When its first and its last frame are shown, seconds from the start of the clip's file. */
  startS: z.number(),
  lastS: z.number(),
  /** Signs of damage that decoding its frames gave. */
  damage: z.array(z.object({ sign: z.enum(DAMAGE_SIGNS), timeS: z.number() })),
  bytes: z.int().min(1),
  /** SHA-256 of the picture's file; older jobs do not say. */
  sha256: z.string().optional(),
})
/** A segment whose picture is rendered and on disk. */
export type SegmentDone = z.output<typeof doneSchema>

const stateSchema = z.object({
  schema: z.literal(1),
  /** Names everything that the picture depends on. */
  fingerprint: z.string(),
  /** Id in the watermark and the manifest. */
  outputId: z.string().regex(/^[0-9a-f]{16}$/),
  /** Hashes of the records that it is made under, so that a purge finds what a kill left; older jobs have none. */
  consent: z.array(z.string()).optional(),
  /** How all segments are encoded. */
  picture: z.custom<PicturePlan>((value) => typeof value === 'object' && value !== null),
})
export type JobState = z.output<typeof stateSchema>

/** Folder of an output that is being rendered, beside its place. */
export function jobFolder(output: string): string {
  return join(dirname(output), `.${basename(output)}.rendering`)
}

/** Id of the output that was begun for a place; undefined where nobody began one. */
export async function begunOutput(output: string): Promise<string | undefined> {
  return (await readState(jobFolder(output)))?.outputId
}

async function readState(folder: string): Promise<JobState | undefined> {
  const text = await readFile(join(folder, 'job.json'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  // What a dying disk or another version left is no reason to stop: it is rendered anew.
  const parsed = stateSchema.safeParse(parseJson(text))
  return parsed.success ? parsed.data : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What is there of a render that can be stopped at any moment: whole segments, and never a half one under a segment's name. */
export class RenderJob {
  readonly folder: string
  readonly state: JobState
  readonly #done: Map<number, SegmentDone>
  /** Undefined: others write here too. */
  readonly #release: (() => Promise<void>) | undefined

  private constructor(folder: string, state: JobState, done: Map<number, SegmentDone>, release?: () => Promise<void>) {
    this.folder = folder
    this.state = state
    this.#done = done
    this.#release = release
  }

  /** Opens the job of an output: the one that is there, if it has this fingerprint, else a new one. Throws DfkError where another process or a queue is at it. */
  static async open(output: string, fingerprint: string, fresh: () => Omit<JobState, 'schema' | 'fingerprint'>): Promise<RenderJob> {
    return RenderJob.#open(output, fingerprint, fresh, undefined)
  }

  /**
   * Hands the job of an output to a queue, or finds that it has it. `submit` queues what is missing, while nobody else does. Throws DfkError where another process is at
   * it, or a queue has another render of this output.
   */
  static async hand<T>(
    queue: string,
    output: string,
    fingerprint: string,
    fresh: () => Omit<JobState, 'schema' | 'fingerprint'>,
    submit: (job: RenderJob) => Promise<T>,
  ): Promise<T> {
    const job = await RenderJob.#open(output, fingerprint, fresh, queue)
    try {
      await markQueued(job.folder, queue)
      return await submit(job)
    } finally {
      await job.#release?.()
    }
  }

  /**
   * Opens the job of an output that a queue has, to work on it beside others; `hashed`: of its segments only those that are what was written, which takes reading them.
   * Throws DfkError where it is not there, or no longer on the queue.
   */
  static async share(output: string, fingerprint: string, { hashed = false }: { hashed?: boolean } = {}): Promise<RenderJob> {
    const folder = jobFolder(output)
    const found = await readState(folder)
    if (found?.fingerprint !== fingerprint || (await queueOf(folder)) === undefined)
      throw new DfkError(`expected the rendering of ${basename(output)} in ${folder} but it was taken back from the queue`, {
        hint: 'run dfk swap with --queue again to go on; does this machine see the same disk?',
      })
    return new RenderJob(folder, found, await wholeSegments(folder, { tidy: false, hashed }))
  }

  static async #open(
    output: string,
    fingerprint: string,
    fresh: () => Omit<JobState, 'schema' | 'fingerprint'>,
    queue: string | undefined,
  ): Promise<RenderJob> {
    const folder = jobFolder(output)
    await makeFolder(folder)
    const lock = await lockFolder(folder, `the rendering of ${basename(output)}`)
    try {
      const found = await readState(folder)
      const isSame = found?.fingerprint === fingerprint
      await requireUnqueued(folder, output, isSame ? queue : undefined)
      const queued = (await queueOf(folder)) !== undefined
      if (isSame) return new RenderJob(folder, found, await wholeSegments(folder, { tidy: !queued, hashed: true }), () => lock.release())
      for (const name of await readdir(folder)) if (name !== 'lock') await rm(join(folder, name), { recursive: true, force: true })
      const state: JobState = { schema: 1, fingerprint, ...fresh() }
      await writeWhole(join(folder, 'job.json'), `${JSON.stringify(state)}\n`)
      return new RenderJob(folder, state, new Map(), () => lock.release())
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  /** Segments that are done, in order. */
  get done(): readonly SegmentDone[] {
    return [...this.#done.values()].sort((a, b) => a.number - b.number)
  }

  has(segment: number): boolean {
    return this.#done.has(segment)
  }

  /** Where the picture of a segment is. */
  pathOf(segment: number): string {
    return join(this.folder, `${String(segment).padStart(6, '0')}.nut`)
  }

  /** Where this process writes what is to be at `path` until it is whole. */
  partOf(path: string): string {
    return `${path}.${hostname().replace(/[^\w-]/g, '_')}.${process.pid}.part`
  }

  /** Takes a finished file for the picture of a segment: from now on it survives whatever happens. */
  async keep(part: string, done: Omit<SegmentDone, 'bytes' | 'sha256'>): Promise<void> {
    if (this.#release === undefined && (await queueOf(this.folder)) === undefined)
      throw new DfkError(`expected ${this.folder} to be on the queue but it was taken back`, { hint: 'nothing is to be done here' })
    const file = await open(part, 'r+')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
    const { size } = await stat(part)
    const sha256 = await hashFile(part)
    await rename(part, this.pathOf(done.number))
    await syncFolder(this.folder)
    const whole: SegmentDone = { ...done, bytes: size, sha256 }
    await writeWhole(`${this.pathOf(done.number)}.json`, JSON.stringify(whole))
    this.#done.set(done.number, whole)
  }

  /** Removes everything: the output is in its place, or is not to be. */
  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  /** Leaves the segments that are done for the next call; without any, nothing. A shared job stays as it is. */
  async leave(): Promise<void> {
    if (this.#release === undefined) return
    if (this.#done.size === 0) return this.remove()
    for (const name of await readdir(this.folder))
      if (name.endsWith('.part')) await rm(join(this.folder, name), { recursive: true, force: true })
    await this.#release()
  }
}

/**
 * `tidy`: removes what is half written, of which nobody is the writer any more. `hashed`: reads every picture to see that it is what was written, as whoever goes on
 * with a job, or joins it, does once; another is rendered anew.
 */
async function wholeSegments(folder: string, { tidy, hashed }: { tidy: boolean; hashed: boolean }): Promise<Map<number, SegmentDone>> {
  const done = new Map<number, SegmentDone>()
  for (const name of await readdir(folder)) {
    if (tidy && name.endsWith('.part')) await rm(join(folder, name), { recursive: true, force: true })
    if (!name.endsWith('.nut.json')) continue
    const parsed = doneSchema.safeParse(parseJson(await readFile(join(folder, name), 'utf8')))
    const picture = join(folder, name.replace(/\.json$/, ''))
    const found = await stat(picture).catch(() => undefined)
    if (!parsed.success || found?.size !== parsed.data.bytes) continue
    const { sha256 } = parsed.data
    // One that cannot be read is none either.
    const isWhole = !hashed || sha256 === undefined || (await hashFile(picture).catch(() => undefined)) === sha256
    if (isWhole) done.set(parsed.data.number, parsed.data)
  }
  return done
}
