import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { appendFile, open, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { z } from 'zod'
import { checkInterrupted, DfkError } from '../work/errors.ts'

/**
 * Reads a file of one JSON object a line. A last line without its line feed is what a kill leaves behind: it is dropped.
 * A missing file has no lines. Throws DfkError, naming the line, where another line does not fit the schema.
 */
export async function readJsonl<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>[]> {
  const text = await readIfThere(path)
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  return whole.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [parseLine(line, index, path, schema)]))
}

const CHUNK_BYTES = 1 << 20
const LINE_FEED = 0x0a

/**
 * Reads such a file a line at a time, however large, and returns the SHA-256 of it. `fits` is a quick check of a line that has been parsed; the
 * schema, which is slower, looks only at what that turns down, and says what is wrong with it.
 */
export async function eachJsonl<S extends z.ZodType>(
  path: string,
  schema: S,
  fits: (value: unknown) => boolean,
  visit: (value: z.output<S>) => void,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256')
  let rest: Buffer = Buffer.alloc(0)
  let index = 0
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    checkInterrupted(signal)
    hash.update(chunk as Buffer)
    const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
    let from = 0
    for (let to = bytes.indexOf(LINE_FEED); to >= 0; to = bytes.indexOf(LINE_FEED, from)) {
      const line = bytes.toString('utf8', from, to)
      if (line.trim() !== '') visit(parseLine(line, index, path, schema, fits))
      index += 1
      from = to + 1
    }
    rest = bytes.subarray(from)
  }
  return hash.digest('hex')
}

/** Cuts off a last line that has no line feed, so that the next line appended starts afresh. */
export async function dropBrokenLine(path: string): Promise<void> {
  const bytes = await readFile(path).catch(ignoreMissing)
  if (bytes === undefined || bytes.length === 0 || bytes.at(-1) === 0x0a) return
  const file = await open(path, 'r+')
  try {
    await file.truncate(bytes.lastIndexOf(0x0a) + 1)
  } finally {
    await file.close()
  }
}

/** Appends one object as a line, in a single write. */
export async function appendJsonl(path: string, value: object): Promise<void> {
  await appendFile(path, `${JSON.stringify(value)}\n`)
}

function parseLine<S extends z.ZodType>(
  line: string,
  index: number,
  path: string,
  schema: S,
  fits?: (value: unknown) => boolean,
): z.output<S> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw damaged(path, index, 'expected JSON', cause)
  }
  if (fits?.(value)) return value as z.output<S>
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw damaged(path, index, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`, parsed.error)
}

function damaged(path: string, index: number, what: string, cause: unknown): DfkError {
  return new DfkError(`${basename(path)}, line ${index + 1}, is damaged: ${what}`, {
    hint: `remove that line from ${path}, or make the dataset again`,
    cause,
  })
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

async function readIfThere(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(ignoreMissing)) ?? ''
}
