import type { Shot } from '../swap/shots.ts'
import type { ClipLength, ShotEntry, ShotSpan } from '../swap/shotsFile.ts'
import type { Context } from './command.ts'
import { type ShotOptions, shotOptions } from './swap-options.ts'
import { chosenBy } from './swap-request.ts'

/** Shots as they are rendered, and as the text that says so to others: with frames or times, no numbers of shots. */
interface NamedShots {
  readonly shots: readonly Shot[]
  readonly text: string | undefined
}

type Entry = ShotEntry<ShotOptions>

async function shotsOf(
  path: string,
  entries: readonly Entry[],
  asked: ShotOptions,
  detected: readonly ShotSpan[],
  length: ClipLength,
): Promise<Shot[]> {
  const { spanOf } = await import('../swap/shotsFile.ts')
  return entries.map((entry, index) => ({
    span: spanOf(path, index, entry, detected, length),
    options: { ...chosenBy({ ...asked, ...entry.settings }), on: entry.on, strength: entry.strength },
  }))
}

function textOf(entries: readonly Entry[], shots: readonly Shot[]): string {
  const places = shots.map(({ span }, i) =>
    span.first === undefined ? { times: entries[i]!.times } : { frames: [span.first + 1, span.last + 1] },
  )
  return JSON.stringify(entries.map(({ on, strength, settings }, i) => ({ ...places[i], on, strength, ...settings })))
}

/** The shots that `--shots` names, each with all of its options; none where it is not given. */
export async function readShotsOf(context: Context, path: string | undefined, clip: string, asked: ShotOptions): Promise<NamedShots> {
  if (path === undefined) return { shots: [], text: undefined }
  const [{ needsDetection, readShots }, { detectShots }, { lengthOf }] = await Promise.all([
    import('../swap/shotsFile.ts'),
    import('../swap/listShots.ts'),
    import('../swap/plan.ts'),
  ])
  const entries = await readShots(path, shotOptions)
  const detected = needsDetection(entries) ? await context.work('finding shots', (work) => detectShots(clip, work)) : []
  const shots = await shotsOf(path, entries, asked, detected, await lengthOf(clip, context.signal))
  return { shots, text: textOf(entries, shots) }
}

/** The shots that a job on a queue names, see `NamedShots`. Throws UsageError for anything else. */
export async function shotsIn(text: string | undefined, asked: ShotOptions): Promise<Shot[]> {
  if (text === undefined) return []
  const { parseShots } = await import('../swap/shotsFile.ts')
  const from = 'a job on the queue'
  return shotsOf(from, parseShots(from, text, shotOptions), asked, [], { frames: undefined, endS: Number.POSITIVE_INFINITY })
}

/** Finds the shots of a clip and writes them as a file for `--shots`. */
export async function writeShots(context: Context, clip: string, file: string): Promise<void> {
  const { listShots } = await import('../swap/listShots.ts')
  if (context.dryRun) return context.result({ input: clip, file }, `would find the shots of ${clip} and write them to ${file}`)
  const found = await context.work('finding shots', (work) => listShots(clip, file, work))
  context.result(found, `${found.file}: ${found.shots === 1 ? 'one shot' : `${found.shots} shots`}, shown in ${found.sheet}`)
}
