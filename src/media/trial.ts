import { devNull } from 'node:os'
import { type PicturePlan, pictureOptions } from './arguments.ts'
import { ffmpegEncoders, findFfmpeg } from './binaries.ts'
import type { EncoderName } from './encoderNames.ts'
import { choosePixels } from './encoders.ts'
import { askProgram } from './process.ts'

/** A driver that hangs is no working encoder. */
const LONGEST_MS = 20_000
/** Smaller pictures than most hardware takes prove nothing. */
const SIDE_PX = 256

function trialPlan(encoder: EncoderName): PicturePlan {
  const { pipe: pixels, ...choice } = choosePixels(undefined, encoder, SIDE_PX, SIDE_PX)
  const common = { quality: 20, preset: 'ultrafast', fullRange: false, tags: {}, sar: { num: 1, den: 1 }, timeBase: { num: 1, den: 25 } }
  return { ...common, ...choice, encoder, pixels, threads: 1 }
}

async function works(encoder: EncoderName, signal: AbortSignal | undefined): Promise<boolean> {
  const { path, version } = await findFfmpeg()
  const plan = trialPlan(encoder)
  const grey = `color=c=gray:size=${SIDE_PX}x${SIDE_PX}:rate=25:duration=0.2,format=${plan.pixels}`
  const args = ['-v', 'error', '-nostdin', '-y', '-f', 'lavfi', '-i', grey, ...pictureOptions(plan, version), devNull]
  const late = AbortSignal.timeout(LONGEST_MS)
  return askProgram(path, args, signal === undefined ? late : AbortSignal.any([signal, late])).then(
    () => true,
    () => false,
  )
}

/** The encoders of this ffmpeg that encode a few frames here, best first; of the others, hardware most of all, only the name is there. */
export async function tryEncoders(signal?: AbortSignal): Promise<{ working: EncoderName[]; failing: EncoderName[] }> {
  const names = await ffmpegEncoders()
  // Two at a time: all at once would be late on a busy machine, and look as if they failed.
  const tried: boolean[] = []
  for (let i = 0; i < names.length; i += 2) tried.push(...(await Promise.all(names.slice(i, i + 2).map((name) => works(name, signal)))))
  return { working: names.filter((_, i) => tried[i]), failing: names.filter((_, i) => !tried[i]) }
}
