import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { z } from 'zod'
import { UsageError } from '../work/errors.ts'
import { issueText } from '../work/issueText.ts'
import { rangeIn } from './range.ts'
import type { Span } from './shots.ts'

const spanFields = {
  /** Number of a detected shot, from 1; beside `frames`, only a name. */
  shot: z.int().min(1).optional(),
  /** First and last frame, counted from 1. */
  frames: z
    .tuple([z.int().min(1), z.int().min(1)])
    .refine(([first, last]) => first <= last, 'expected the first frame not to be after the last')
    .optional(),
  times: z
    .string()
    .refine((text) => rangeIn(text) !== undefined, 'expected two times, the second one later, like "0:30-1:15", "90-" or "-10"')
    .optional(),
  on: z.boolean().default(true),
  strength: z.number().min(0).max(1).default(1),
}

/** One entry of a shots file: which frames, whether and how strongly faces are replaced there, and settings besides. */
export interface ShotEntry<T> {
  readonly shot: number | undefined
  readonly frames: readonly [number, number] | undefined
  readonly times: string | undefined
  readonly on: boolean
  readonly strength: number
  /** What the entry says otherwise than the command line; nothing else. */
  readonly settings: Partial<T>
}

/** First and last frame of a detected shot, counted from 0. */
export interface ShotSpan {
  readonly first: number
  readonly last: number
}

/** Settings of a command as an entry may give them: each may be left away and has no default then. */
function optional(settings: z.ZodObject): z.ZodRawShape {
  const entries = Object.entries(settings.shape).map(([key, schema]) => {
    const inner = schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : (schema as z.ZodType)
    return [key, inner.optional()] as const
  })
  return Object.fromEntries(entries)
}

function fail(path: string, entry: number | undefined, message: string): never {
  throw new UsageError(`--shots: ${basename(path)}${entry === undefined ? '' : `, entry ${entry + 1}`}: ${message}`, {
    hint: 'dfk swap … --list-shots shots.json writes one to edit; see docs/compositing.md',
  })
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return fail(path, undefined, `expected JSON but ${(error as Error).message}`)
  }
}

function shown(value: unknown, path: readonly PropertyKey[]): string {
  const found = path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : at),
    value,
  )
  return found === undefined ? '' : ` (found: ${JSON.stringify(found)})`
}

/** Reads shots: an array of entries. `settings`: what of a command's options they may say. Throws UsageError that names entry and field. */
export function parseShots<S extends z.ZodObject>(path: string, text: string, settings: S): ShotEntry<z.output<S>>[] {
  const all = parse(path, text)
  if (!Array.isArray(all)) return fail(path, undefined, 'expected an array of entries, like [{ "frames": [1, 250], "face": "largest" }]')
  const schema = z.strictObject({ ...spanFields, ...optional(settings) })
  return all.map((value: unknown, index) => {
    const parsed = schema.safeParse(value)
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!
      const field = issue.path.length === 0 ? '' : `"${issue.path.join('.')}": `
      return fail(path, index, `${field}${issueText(issue)}${shown(value, issue.path)}`)
    }
    const { shot, frames, times, on, strength, ...rest } = parsed.data as z.output<z.ZodObject<typeof spanFields>>
    const given = [frames, times].filter((each) => each !== undefined).length
    if (given > 1 || (given === 0 && shot === undefined) || (times !== undefined && shot !== undefined))
      return fail(path, index, 'expected "frames", "times" or "shot", one of them ("shot" may stand beside "frames" as a name)')
    return { shot, frames, times, on, strength, settings: rest as Partial<z.output<S>> }
  })
}

/** See `parseShots`. Throws UsageError where there is no such file. */
export async function readShots<S extends z.ZodObject>(path: string, settings: S): Promise<ShotEntry<z.output<S>>[]> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new UsageError(`--shots: expected a file but cannot read ${path}`, {
      hint: 'dfk swap … --list-shots shots.json writes one',
      cause,
    })
  })
  return parseShots(path, text, settings)
}

/** Whether somebody has to find the clip's shots for these entries. */
export function needsDetection(entries: readonly ShotEntry<object>[]): boolean {
  return entries.some(({ frames, times }) => frames === undefined && times === undefined)
}

/** How long a clip is: frames, undefined where nobody counted them, and seconds from the start of its file. */
export interface ClipLength {
  readonly frames: number | undefined
  readonly endS: number
}

/** Which frames an entry is about. `detected`: the clip's shots, where an entry needs them. Throws UsageError for a shot that is not there, or that begins behind the clip's end. */
export function spanOf(
  path: string,
  index: number,
  entry: ShotEntry<object>,
  detected: readonly ShotSpan[],
  { frames, endS }: ClipLength,
): Span {
  if (entry.frames !== undefined) {
    const [first, last] = entry.frames
    if (frames !== undefined && first > frames)
      return fail(path, index, `"frames": expected some of the clip's ${frames} but found ${first} to ${last}`)
    return { first: first - 1, last: last - 1 }
  }
  if (entry.times !== undefined) {
    const range = rangeIn(entry.times)!
    if (range.fromS >= endS)
      return fail(path, index, `"times": expected a part of the clip, which ends at ${endS.toFixed(2)} s, but found ${entry.times}`)
    return range
  }
  const found = detected[entry.shot! - 1]
  if (found === undefined) return fail(path, index, `"shot": expected one of the clip's ${detected.length} shots but found ${entry.shot}`)
  // What else is known of a detected shot, as when it begins, would make it a span of time.
  return { first: found.first, last: found.last }
}
