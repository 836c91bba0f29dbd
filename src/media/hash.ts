import { basename } from 'node:path'
import { text } from 'node:stream/consumers'
import { checkInterrupted } from '../work/errors.ts'
import { hashFile } from '../work/hashFile.ts'
import { fileUrl, inputOptions, packetHashOptions } from './arguments.ts'
import { findFfmpeg } from './binaries.ts'
import { readFailure, saysTruncated } from './failures.ts'
import { outputPipe, startFfmpeg } from './process.ts'
import { requireFile } from './requireFile.ts'
import { probePicture } from './stills.ts'

/** What a consent record binds to: SHA-256 (hex) of the file and, for a video, of its picture packets, which sound does not change. */
export interface FootageHash {
  /** Base name of the file. */
  readonly name: string
  readonly sha256: string
  readonly videoSha256?: string
}

async function videoHash(path: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  const { path: ffmpeg } = await findFfmpeg()
  const answer = outputPipe()
  let truncated = false
  const run = startFfmpeg(
    ffmpeg,
    { inputs: [{ source: fileUrl(path), options: ['-nostdin', ...inputOptions()] }], output: answer, outputOptions: packetHashOptions() },
    (line) => {
      truncated ||= saysTruncated(line)
    },
  )
  const stop = () => void run.kill()
  signal?.addEventListener('abort', stop, { once: true })
  run.done.catch(() => answer.end())
  try {
    const said = await text(answer)
    await run.done
    // What is left of the picture depends on how far a build of ffmpeg reads: the file's own hash has to do.
    if (truncated) return undefined
    return /SHA256=([0-9a-f]{64})/i.exec(said)?.[1]?.toLowerCase()
  } catch (failure) {
    checkInterrupted(signal)
    throw readFailure(path, failure)
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

/** Hashes a video or an image. Reads the whole file. A video whose end is missing has no hash of its picture. Throws DfkError for missing, empty and other files. */
export async function hashFootage(path: string, signal?: AbortSignal): Promise<FootageHash> {
  await requireFile(path)
  const sha256 = await hashFile(path, signal)
  const name = basename(path)
  if ((await probePicture(path)) !== undefined) return { name, sha256 }
  const videoSha256 = await videoHash(path, signal)
  return { name, sha256, ...(videoSha256 !== undefined && { videoSha256 }) }
}
