import type { Shot } from '../swap/shots.ts'
import type { Context } from './command.ts'
import { type ShotOptions, shotOptions } from './swap-options.ts'
import { chosenBy } from './swap-request.ts'

/** The shots that `--shots` names, each with all of its options. */
export async function shotsOf(context: Context, path: string, clip: string, asked: ShotOptions): Promise<Shot[]> {
  const { needsDetection, readShots, spanOf } = await import('../swap/shotsFile.ts')
  const { detectShots } = await import('../swap/listShots.ts')
  const entries = await readShots(path, shotOptions)
  const detected = needsDetection(entries) ? await context.work('finding shots', (work) => detectShots(clip, work)) : []
  return entries.map((entry, index) => ({
    span: spanOf(path, index, entry, detected),
    options: { ...chosenBy({ ...asked, ...entry.settings }), on: entry.on, strength: entry.strength },
  }))
}

/** Finds the shots of a clip and writes them as a file for `--shots`. */
export async function writeShots(context: Context, clip: string, file: string): Promise<void> {
  const { listShots } = await import('../swap/listShots.ts')
  if (context.dryRun) return context.result({ input: clip, file }, `would find the shots of ${clip} and write them to ${file}`)
  const found = await context.work('finding shots', (work) => listShots(clip, file, work))
  context.result(found, `${found.file}: ${found.shots} shots, shown in ${found.sheet}`)
}
