import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { consentHash, parseConsent } from '../consent/index.ts'

/** A record as what was made under it names it. */
interface Mention {
  readonly hash: string
  /** Of a render that was not finished, nobody is named. */
  readonly subject?: string | undefined
}

/** A folder with the records that it says it was made under. */
export interface Marked {
  readonly kind: 'dataset' | 'run' | 'unfinished render'
  readonly path: string
  readonly records: readonly Mention[]
}

const manifestSchema = z.object({ consent: z.object({ hash: z.string(), subject: z.string().optional() }) })
const sideSchema = z.object({ consentHash: z.string(), subject: z.string().optional() })
const configSchema = z.object({ source: sideSchema, target: sideSchema })
const jobSchema = z.object({ consent: z.array(z.string()) })

/** What a file says, or nothing where it is absent, damaged or something else: then the others beside it may. */
async function read<T>(path: string, parse: (value: unknown) => T): Promise<T[]> {
  try {
    return [parse(JSON.parse(await readFile(path, 'utf8')))]
  } catch {
    return []
  }
}

function mentionOf(value: unknown): Mention {
  const signed = parseConsent(value, 'the folder')
  return { hash: consentHash(signed), subject: signed.record.subject.id }
}

const sideOf = ({ consentHash: hash, subject }: z.output<typeof sideSchema>): Mention => ({ hash, subject })

/** What a folder says it was made under, by its manifest and by the records that it keeps, whatever its name; undefined where it is none of ours. */
export async function marksOf(path: string, names: readonly string[]): Promise<Marked | undefined> {
  const at = (...parts: string[]) => join(path, ...parts)
  if (names.includes('manifest.json')) {
    const said = await read(at('manifest.json'), (value) => manifestSchema.parse(value).consent)
    const records = [...said, ...(await read(at('consent.json'), mentionOf))]
    if (records.length > 0) return { kind: 'dataset', path, records }
  }
  if (names.includes('config.json')) {
    const said = await read(at('config.json'), (value) => configSchema.parse(value))
    const kept = await Promise.all(['source.json', 'target.json'].map((name) => read(at('consent', name), mentionOf)))
    const records = [...said.flatMap(({ source, target }) => [sideOf(source), sideOf(target)]), ...kept.flat()]
    if (records.length > 0) return { kind: 'run', path, records }
  }
  if (names.includes('job.json')) {
    const [job] = await read(at('job.json'), (value) => jobSchema.parse(value))
    if (job !== undefined) return { kind: 'unfinished render', path, records: job.consent.map((hash) => ({ hash })) }
  }
  return undefined
}
