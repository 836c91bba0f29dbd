import { rm, writeFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { fileUrl, inputOptions } from './arguments.ts'
import { findFfmpeg } from './binaries.ts'
import { writeFailure } from './failures.ts'
import type { MediaInfo } from './probe.ts'
import { startFfmpeg } from './process.ts'

export async function joinSegments(options: {
  segments: readonly { path: string; startS: number; lastS: number }[]
  original: MediaInfo
  file: string
  output: string
}): Promise<void> {
  const { segments, original, file, output } = options
  const list = `${file}.txt`
  const lines = segments.flatMap(({ path, startS }, i) => {
    const next = segments[i + 1]
    return [`file 'file:${path}'`, ...(next === undefined ? [] : [`duration ${(next.startS - startS).toFixed(6)}`])]
  })
  await writeFile(list, `ffconcat version 1.0\n${lines.join('\n')}\n`)
  const { path } = await findFfmpeg()
  const run = startFfmpeg(path, {
    inputs: [
      { source: fileUrl(list), options: [...inputOptions(), '-f', 'concat', '-safe', '0', '-itsoffset', segments[0]!.startS.toFixed(6)] },
      { source: fileUrl(original.path), options: inputOptions().slice(4) },
    ],
    output: fileUrl(file),
    outputOptions: [
      '-map',
      '0:v:0',
      '-map',
      '1:a?',
      '-c',
      'copy',
      '-video_track_timescale',
      String(original.timeBase.den),
      '-movflags',
      '+faststart',
      '-f',
      extname(output) === '.mkv' ? 'matroska' : 'mp4',
    ],
  })
  await run.done.catch((failure: unknown) => {
    throw writeFailure(output, failure)
  })
  await rm(list)
}
