import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RefusedError } from '../work/errors.ts'

/** Clocks are set to a few minutes. */
const SLACK_MS = 5 * 60_000
/** Files may come from a machine in another zone whose file system knows local times alone. */
const FILE_SLACK_MS = 26 * 3_600_000

/** Something that bears a time, in words. */
export interface Witness {
  readonly what: string
  readonly at: Date
}

/** Why this machine's clock cannot be right, or undefined: something happened after now. */
export function clockProblem(now: Date, witnesses: readonly Witness[]): RefusedError | undefined {
  const late = witnesses.find(({ at }) => at.getTime() > now.getTime() + SLACK_MS)
  if (late === undefined) return undefined
  return new RefusedError(
    'clock',
    `expected a clock that goes forward but it says ${now.toISOString()} and ${late.what} is of ${late.at.toISOString()}`,
    {
      hint: 'set the clock of this machine right',
    },
  )
}

/** The newest file of a dataset or run, less what file systems get wrong. */
export async function newestFile(folder: string): Promise<Witness | undefined> {
  const names = await readdir(folder).catch(() => [])
  const times = await Promise.all(names.map(async (name) => (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0))
  const newest = Math.max(...times, 0)
  return newest === 0 ? undefined : { what: `a file in ${folder}`, at: new Date(newest - FILE_SLACK_MS) }
}
