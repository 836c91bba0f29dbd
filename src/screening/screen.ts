import { type ExplicitJudge, openExplicitJudge } from '../faces/index.ts'
import { decodeFrames, type Frame, type MediaInfo, probeMedia } from '../media/index.ts'
import { type DeviceName, openDevice } from '../tensor/index.ts'
import { checkInterrupted, DfkError, InterruptedError, RefusedError } from '../work/errors.ts'

/**
 * A picture is explicit where the classifier's shares of pornography and of its drawn kind are more than this together. Of 635 real pictures (docs/provenance.md), faces from near
 * among them, none came above 0.79.
 */
export const EXPLICIT_LIMIT = 0.9
const SECONDS_A_FRAME = 20
const [FEWEST, MOST] = [3, 60]

/** When the pictures of a clip are looked at: evenly spread, one in twenty seconds. */
export function screeningTimes(durationS: number): number[] {
  const count = Math.min(MOST, Math.max(FEWEST, Math.ceil(durationS / SECONDS_A_FRAME)))
  return Array.from({ length: count }, (_, i) => (durationS * (i + 0.5)) / count)
}

/** What `read` finds, or nothing where the footage cannot be read: what is wrong with it is for whoever reads all of it to say. */
async function unlessBroken<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof InterruptedError || !(error instanceof DfkError)) throw error
    return undefined
  }
}

/** The frame shown at a time. */
async function frameAt(info: MediaInfo, seekS: number, signal: AbortSignal | undefined): Promise<Frame | undefined> {
  for await (const frame of decodeFrames(info, { seekS, maxFrames: 1, signal })) return frame
  return undefined
}

/** What footage is looked through with; tests bring their own. */
export interface ScreeningOptions {
  readonly device: DeviceName | 'auto'
  readonly signal?: AbortSignal | undefined
  readonly open?: ((device: DeviceName | 'auto') => Promise<ExplicitJudge>) | undefined
}

async function openJudge(device: DeviceName | 'auto'): Promise<ExplicitJudge> {
  return openExplicitJudge(await openDevice(device))
}

async function screenOne(judge: ExplicitJudge, path: string, signal: AbortSignal | undefined): Promise<void> {
  const info = await unlessBroken(() => probeMedia(path, signal))
  if (info === undefined) return
  for (const timeS of info.kind === 'image' ? [0] : screeningTimes(info.durationS)) {
    checkInterrupted(signal)
    const frame = await unlessBroken(() => frameAt(info, timeS, signal))
    if (frame === undefined) continue
    const [scores] = await judge.judge([frame.picture])
    const score = scores!.porn + scores!.hentai
    if (score <= EXPLICIT_LIMIT) continue
    const where = info.kind === 'image' ? path : `${path} at ${timeS.toFixed(1)} s`
    throw new RefusedError(
      'scope.prohibited',
      `expected footage without explicit sexual content, which no consent record allows, but found ${where} to be explicit (nsfwjs: ${score.toFixed(3)}) [scope.prohibited]`,
      { hint: 'use other footage' },
    )
  }
}

/**
 * Looks at a few pictures of each file for explicit sexual content, by nsfwjs' classifier. Throws RefusedError where there is any. It finds what is plain to see; it is no proof that
 * there is none.
 */
export async function screenFootage(paths: readonly string[], { device, signal, open = openJudge }: ScreeningOptions): Promise<void> {
  const judge = await open(device)
  try {
    for (const path of paths) await screenOne(judge, path, signal)
  } finally {
    await judge.dispose()
  }
}
