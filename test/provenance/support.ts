import { execFileSync } from 'node:child_process'
import { decodeFrames, findFfmpeg } from '../../src/media/index.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { sampleVideo } from '../support/data.ts'

export function copyOf(picture: Picture): Picture {
  return { ...picture, data: Uint8Array.from(picture.data) }
}

/** Frames of a sample clip. */
export async function frames(name: Parameters<typeof sampleVideo>[0], count: number, every = 1): Promise<Picture[]> {
  const out: Picture[] = []
  for await (const { picture } of decodeFrames(sampleVideo(name), { every, maxFrames: count })) out.push(picture)
  return out
}

export async function ffmpeg(args: readonly string[], input?: Uint8Array): Promise<void> {
  const { path } = await findFfmpeg()
  execFileSync(path, ['-v', 'error', '-y', ...args], { ...(input === undefined ? {} : { input }), stdio: ['pipe', 'pipe', 'pipe'] })
}

/** Peak signal-to-noise ratio in decibels. */
export function psnr(a: Picture, b: Picture): number {
  let sum = 0
  for (let i = 0; i < a.data.length; i++) sum += (a.data[i]! - b.data[i]!) ** 2
  return 10 * Math.log10(255 ** 2 / (sum / a.data.length))
}
