import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { findFfmpeg } from '../../src/media/index.ts'
import type { Picture } from '../../src/picture/picture.ts'

/** How a test's clip is written. */
interface ClipShape {
  readonly fps?: { readonly num: number; readonly den: number }
  /** CRF of x264: 0 best. */
  readonly quality?: number
}

/** Writes pictures of one size as a silent clip of H.264, by default 25 a second. */
export async function writeClip(
  path: string,
  pictures: Iterable<Picture> | AsyncIterable<Picture>,
  { fps = { num: 25, den: 1 }, quality = 8 }: ClipShape = {},
): Promise<void> {
  const { path: ffmpeg } = await findFfmpeg()
  const filter = 'scale=out_color_matrix=bt601:out_range=tv:flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp,format=yuv420p'
  let child: ReturnType<typeof spawn> | undefined
  let ended: Promise<unknown[]> | undefined
  for await (const { width, height, data } of pictures) {
    const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-r', `${fps.num}/${fps.den}`, '-i', '-']
    const output = ['-vf', filter, '-c:v', 'libx264', '-crf', String(quality), '-preset', 'veryfast', '-y', path]
    child ??= spawn(ffmpeg, ['-v', 'error', ...input, ...output], { stdio: ['pipe', 'ignore', 'inherit'] })
    ended ??= once(child, 'close')
    if (!child.stdin!.write(data)) await once(child.stdin!, 'drain')
  }
  if (child === undefined) throw new Error(`expected pictures for ${path} but there were none`)
  child.stdin!.end()
  const [code] = (await ended)!
  if (code !== 0) throw new Error(`expected ffmpeg to write ${path} but it ended with ${String(code)}`)
}
