import { appendFile, open, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { z } from 'zod'
import { DfkError } from '../work/errors.ts'

/**
 * Reads a file of one JSON object a line. A last line without its line feed is what a kill leaves behind: it is dropped.
 * A missing file has no lines. Throws DfkError, naming the line, where another line does not fit the schema.
 */
export async function readJsonl<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>[]> {
  const text = await readIfThere(path)
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  return whole.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [parseLine(line, index, path, schema)]))
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

function parseLine<S extends z.ZodType>(line: string, index: number, path: string, schema: S): z.output<S> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw damaged(path, index, 'expected JSON', cause)
  }
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
