import { rm } from 'node:fs/promises'
import { swapOptions } from '../src/commands/swap-options.ts'
import { renderOptionsOf } from '../src/commands/swap-request.ts'
import { fileUrl, inputOptions, pictureOptions } from '../src/media/arguments.ts'
import { findFfmpeg, probeMedia } from '../src/media/index.ts'
import { startFfmpeg } from '../src/media/process.ts'
import { planPicture } from '../src/swap/plan.ts'
import { timed } from './sampling.ts'

/** Seconds that one ffmpeg process takes to decode the picture of a clip and encode it again as `dfk swap` does; the output is removed. */
export async function reencode(clip: string, output: string): Promise<number> {
  const seconds = await encodeAgain(clip, output)
  await rm(output)
  return seconds
}

/** The same, and the output stays. */
export async function encodeAgain(clip: string, output: string): Promise<number> {
  const options = await renderOptionsOf(swapOptions.parse({ output }))
  const plan = await planPicture(await probeMedia(clip), output, options)
  const { path, version } = await findFfmpeg()
  const inputs = [{ source: fileUrl(clip), options: inputOptions() }]
  const ms = await timed(() => startFfmpeg(path, { inputs, output: fileUrl(output), outputOptions: pictureOptions(plan, version) }).done)
  return ms / 1000
}
