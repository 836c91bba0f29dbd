import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { decodeFrames, findFfmpeg } from '../src/media/index.ts'
import type { Picture } from '../src/picture/picture.ts'
import { DfkError } from '../src/work/errors.ts'

const imageOf = ({ width, height, data }: Picture) => sharp(data, { raw: { width, height, channels: 3 } })

/** What is done to a still. */
export const STILL_ATTACKS: Readonly<Record<string, (picture: Picture) => Sharp | Promise<Sharp>>> = {
  'nothing, one frame': imageOf,
  'JPEG at quality 30': async (picture) => sharp(await imageOf(picture).jpeg({ quality: 30 }).toBuffer()),
  'brightness +20 %': (picture) => imageOf(picture).linear(1.2, 0),
  'brightness −20 %': (picture) => imageOf(picture).linear(0.8, 0),
  '640 × 360': (picture) => imageOf(picture).resize(640, 360),
  '1366 × 768': (picture) => imageOf(picture).resize(1366, 768, { fit: 'fill' }),
  'a tenth cropped': (picture) => imageOf(picture).extract({ left: 64, top: 36, width: picture.width - 128, height: picture.height - 72 }),
  'turned by 2°': (picture) => imageOf(picture).rotate(2),
  mirrored: (picture) => imageOf(picture).flop(),
}

const x264 = (crf: number) => ['-c:v', 'libx264', '-crf', `${crf}`, 'clip.mp4']

/** What is done to a clip of 30 frames a second: arguments of ffmpeg, the output last. */
export const VIDEO_ATTACKS: Readonly<Record<string, readonly string[]>> = {
  'x264 CRF 23': x264(23),
  'x264 CRF 28': x264(28),
  'x264 CRF 35': x264(35),
  'x265 CRF 28': ['-c:v', 'libx265', '-crf', '28', '-x265-params', 'log-level=none', 'clip.mp4'],
  'VP9 CRF 33': ['-c:v', 'libvpx-vp9', '-crf', '33', '-b:v', '0', '-deadline', 'realtime', '-cpu-used', '5', 'clip.webm'],
  '640 × 360, x264 CRF 28': ['-vf', 'scale=640:360', ...x264(28)],
  'a tenth cropped, x264 CRF 23': ['-vf', 'crop=1152:648', ...x264(23)],
  'turned by 2°, x264 CRF 23': ['-vf', 'rotate=2*PI/180', ...x264(23)],
  '1920 × 1080, x264 CRF 23': ['-vf', 'scale=1920:1080', ...x264(23)],
  '30 to 25 frames a second, x264 CRF 28': ['-r', '25', ...x264(28)],
}

/** A clip's frames after ffmpeg's treatment, six of them as `dfk detect` looks at. */
export async function attackClip(clip: readonly Picture[], args: readonly string[], signal: AbortSignal): Promise<Picture[]> {
  const folder = await mkdtemp(join(tmpdir(), 'dfk-mark-'))
  try {
    const { width, height } = clip[0]!
    const { path } = await findFfmpeg()
    const output = join(folder, args.at(-1)!)
    const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-r', '30', '-i', '-']
    const format = args.includes('-pix_fmt') ? [] : ['-pix_fmt', 'yuv420p']
    const { status, stderr } = spawnSync(path, ['-v', 'error', '-y', ...raw, ...format, ...args.slice(0, -1), output], {
      input: Buffer.concat(clip.map(({ data }) => data)),
    })
    if (status !== 0) throw new DfkError(`expected ffmpeg to treat the clip but it said ${stderr.toString().trim()}`)
    const frames: Picture[] = []
    for await (const { picture } of decodeFrames(output, { signal })) frames.push(picture)
    const every = Math.max(1, Math.floor(frames.length / 6))
    return frames.filter((_, i) => i % every === 0).slice(0, 6)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
