import { createHash } from 'node:crypto'
import { cpus } from 'node:os'
import {
  chooseEncoder,
  choosePixels,
  containerOf,
  ffmpegEncoders,
  indexPackets,
  type MediaInfo,
  type PicturePlan,
  ticksFor,
  tryEncoders,
} from '../media/index.ts'
import type { Job } from './output.ts'
import type { RenderOptions } from './renderOptions.ts'
import { type FrameIndex, frameIndex } from './segments.ts'
import type { NamedSwap } from './session.ts'

/** How the picture of an output is encoded: as the footage is, as far as encoder and container can. */
export async function planPicture(
  info: MediaInfo,
  output: string,
  { encoder: asked, quality, preset }: Pick<RenderOptions, 'encoder' | 'quality' | 'preset'>,
): Promise<PicturePlan> {
  const { details, colour, timeBase, coded } = info
  const names = await ffmpegEncoders()
  // Of hardware encoders a build has the names whether or not the hardware is there.
  const available = asked === 'auto' && !names.includes('libx264') ? (await tryEncoders()).working : names
  const encoder = chooseEncoder(asked, containerOf(output), available, details?.pixels)
  const { pipe, encode, chroma, bits } = choosePixels(details?.pixels, encoder, coded.width, coded.height)
  const order = details?.fieldOrder ?? 'progressive'
  return {
    ...{ encoder, quality, preset, isLossless: asked === 'lossless', chroma, bits, pixels: pipe, encode },
    ...{ fullRange: colour.range === 'pc', tags: colour, sar: coded.sar, timeBase: ticksFor(encoder, timeBase) },
    fields: order === 'progressive' ? undefined : order.endsWith('t') ? 'top' : 'bottom',
    threads: cpus().length,
  }
}

/** Names everything that the picture of an output depends on. */
export function fingerprintOf(session: NamedSwap, job: Job, picture: PicturePlan, { range, segment, layers }: RenderOptions): string {
  const { request, generators, permission, footage, label } = session
  const { threshold, choice, look, shots } = request
  const cast = permission.cast.members.map(({ person, run, still }) => [person, run, generators.get(run)!.sha256, still])
  const all = [
    footage.get(job.path),
    cast,
    threshold,
    choice,
    look,
    label,
    picture,
    range.fromS,
    range.toS,
    segment,
    shots,
    layers && [layers.format, layers.alpha],
  ]
  return createHash('sha256').update(JSON.stringify(all)).digest('hex')
}

/** When the frames of a clip are shown, by its packets; undefined where only decoding tells. */
export async function indexOf(info: MediaInfo, signal: AbortSignal | undefined): Promise<FrameIndex | undefined> {
  return frameIndex(await indexPackets(info, signal), info.details?.originS ?? 0)
}
