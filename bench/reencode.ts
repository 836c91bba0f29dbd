import { rm } from 'node:fs/promises'
import { encodeOptions, fileUrl, inputOptions } from '../src/media/arguments.ts'
import { planEncoding } from '../src/media/encode.ts'
import { findFfmpeg, probeMedia } from '../src/media/index.ts'
import { startFfmpeg } from '../src/media/process.ts'
import { timed } from './sampling.ts'

/** Seconds that one ffmpeg process takes to decode a clip and encode it again with the settings of `dfk swap`. */
export async function reencode(clip: string, output: string): Promise<number> {
  const info = await probeMedia(clip)
  const { width, height, fps } = info
  const plan = await planEncoding({ output, width, height, fps, copyFrom: info, quality: 17, preset: 'veryfast' })
  const { path } = await findFfmpeg()
  // Twice the same file: encodeOptions takes the frames from the first input and the sound from the second.
  const input = { source: fileUrl(clip), options: inputOptions() }
  const sound = { source: fileUrl(clip), options: inputOptions().slice(4) }
  const job = { inputs: info.audio.length > 0 ? [input, sound] : [input], output: fileUrl(output), outputOptions: encodeOptions(plan) }
  const ms = await timed(() => startFfmpeg(path, job).done)
  await rm(output)
  return ms / 1000
}
