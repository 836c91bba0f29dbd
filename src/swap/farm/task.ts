import { createHash } from 'node:crypto'
import { z } from 'zod'
import { UsageError } from '../../work/errors.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const place = z.string().min(1).max(4096)

const shared = {
  schema: z.literal(1),
  /** The clip, the file to write and DFK_HOME, absolute, as every machine sees them. */
  input: place,
  output: place,
  home: place,
  /** What `dfk swap` was asked for; the command's own schema reads it. */
  asked: z.record(z.string(), z.unknown()),
  /** What the clip must be, and the weights of each run. */
  footage: sha256,
  generators: z.record(z.string(), sha256),
  /** Names everything that the picture depends on. */
  fingerprint: sha256,
}

/** What is known of a segment once it is rendered. */
export const segmentResult = z.object({
  /** Segments that this job was to make, and that have frames. */
  made: z.int().min(0),
  facesSeen: z.int().min(0),
  /** Least distance of a face that was left alone; null: there was none. */
  nearest: z.number().nullable(),
})
export type SegmentResult = z.output<typeof segmentResult>

/** What is known of an output once it is in its place. */
export const joinResult = z.object({
  frames: z.int().min(1),
  swapped: z.int().min(1),
  bytes: z.int().min(1),
  warnings: z.array(z.string()),
  manifest: z.looseObject({ file: z.string(), embedded: z.boolean() }),
})
export type JoinResult = z.output<typeof joinResult>

const taskSchema = z.discriminatedUnion('kind', [
  /** `segment`: its number; null: the whole clip, where nobody knows before how many there are. */
  z.strictObject({ ...shared, kind: z.literal('segment'), segment: z.int().min(0).max(1e6).nullable() }),
  /** `kept`: segments that were there before anything was queued. `placed`: written just before the output comes into its place. */
  z.strictObject({ ...shared, kind: z.literal('join'), kept: z.int().min(0), placed: joinResult.optional() }),
])
/** What a job on the queue asks for. Holds no key, no descriptor, no record. */
export type Task = z.output<typeof taskSchema>

/** Reads a job's data, which anybody who reaches the server may have written. Throws UsageError for anything else. */
export function parseTask(data: unknown): Task {
  const parsed = taskSchema.safeParse(data)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new UsageError(
    `expected a job of dfk swap but found something else on the queue (${issue?.path.join('.') || 'data'}: ${issue?.message})`,
    {
      hint: 'workers and dfk swap must be of one version, and nobody else may write to the queue',
    },
  )
}

/** What an output's manifest is to say, in words; empty: nothing but what it is made of. It changes nothing of the picture, and so is no part of the fingerprint. */
export function signatureOf(asked: Task['asked']): string {
  const wishes: readonly (readonly [string, unknown])[] = [
    ['signed by', asked['signedBy']],
    ['time-stamped:', asked['wantsTime']],
    ['provided by', asked['provider']],
    ['to', asked['use'] === 'private' ? undefined : asked['use']],
    ['for the project', asked['project']],
    ...(['media', 'territory', 'category'] as const).map((name) => [name, asked[name]] as const),
  ]
  const said = wishes.map(([name, value]) => [name, [value ?? []].flat().join(' and ')] as const)
  return said.flatMap(([name, text]) => (text === '' ? [] : [`${name} ${text}`])).join(', ')
}

/** Id of a render on the queue: the same for the same command, so that nothing is queued twice. */
export function renderId(fingerprint: string, output: string, signature: string): string {
  return createHash('sha256').update(`${fingerprint}\n${output}\n${signature}`).digest('hex').slice(0, 24)
}

/** Id of one of its segments. */
export function segmentId(render: string, segment: number | null): string {
  return `${render}-${segment ?? 'all'}`
}
