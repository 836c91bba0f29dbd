import { createHash } from 'node:crypto'
import { cpus } from 'node:os'
import {
  chooseEncoder,
  choosePixels,
  containerOf,
  ffmpegEncoders,
  fieldsOf,
  indexPackets,
  type MediaInfo,
  type PicturePlan,
  probeMedia,
  tellEncoder,
  ticksFor,
  tryEncoders,
} from '../media/index.ts'
import { ENHANCER, wantsEnhancer } from './enhancer.ts'
import { checkLayers } from './layersFolder.ts'
import { NothingSwappedError, nothingAsked } from './nothing.ts'
import { OCCLUSION, wantsOcclusion } from './occlusionNetwork.ts'
import type { Job } from './output.ts'
import type { TimeRange } from './range.ts'
import type { RenderOptions } from './renderOptions.ts'
import { type FrameIndex, frameIndex, Segmentation } from './segments.ts'
import { hashesOf, type NamedSwap } from './session.ts'
import { type ClipOptions, optionsAt, showsFaces } from './shots.ts'
import type { ClipLength } from './shotsFile.ts'

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
  const fields = fieldsOf(details?.fieldOrder)
  const encoder = chooseEncoder(asked, containerOf(output), available, details?.pixels, fields !== undefined)
  const { pipe, encode, chroma, bits } = choosePixels(details?.pixels, encoder, coded.width, coded.height)
  const { kept, lost } = tellEncoder(encoder, details ?? {}, details?.pixels?.chroma === 420 && chroma === 420)
  return {
    ...{ encoder, quality, preset, isLossless: asked === 'lossless', chroma, bits, pixels: pipe, encode },
    ...{ fullRange: colour.range === 'pc', tags: colour, sar: coded.sar, timeBase: ticksFor(encoder, timeBase) },
    ...{ fields, ...kept, ...(lost && { lost }), threads: cpus().length },
  }
}

/** Raised where the same weights and options give other pictures than before, so that segments of two versions are never joined. */
const RENDERING = 4

/** Names everything that the picture of an output depends on, and the records that it is made under, whatever their order. */
export function fingerprintOf(session: NamedSwap, job: Job, picture: PicturePlan, { range, segment, layers }: RenderOptions): string {
  const { request, generators, permission, footage, label } = session
  const { threshold, choice, look, shots } = request
  const cast = permission.cast.members.map(({ person, run, still }) => {
    const { sha256, retargetingSha256 } = generators.get(run)!
    return [person, run, sha256, retargetingSha256, still]
  })
  const all = [
    RENDERING,
    footage.get(job.path),
    cast,
    hashesOf(session).sort(),
    threshold,
    choice,
    look,
    label,
    picture,
    range.fromS,
    range.toS,
    segment,
    shots,
    wantsEnhancer(request) && ENHANCER.sha256,
    wantsOcclusion(request) && OCCLUSION.sha256,
    layers && [layers.format, layers.alpha, request.provider],
  ]
  return createHash('sha256').update(JSON.stringify(all)).digest('hex')
}

/** How a clip will be rendered. */
export interface VideoPlan {
  readonly picture: PicturePlan
  readonly index: FrameIndex | undefined
  readonly segments: Segmentation
}

/** The error for a part of a clip that has no frames. */
export function nothingInRange(path: string, info: MediaInfo, { fromS, toS }: TimeRange): NothingSwappedError {
  const asked = `${Math.max(0, fromS)} s to ${Number.isFinite(toS) ? `${toS} s` : 'the end'}`
  return new NothingSwappedError(`expected frames from ${asked} in ${path} but it ends at ${(info.startS + info.durationS).toFixed(2)} s`, {
    hint: 'choose another --range',
  })
}

/** Throws where shots switch off every frame that is rendered, as far as packets tell which these are. */
function requireAsked({ path }: Job, clip: ClipOptions, index: FrameIndex, { first, frames = 0 }: Segmentation): void {
  const times = index.timesS.subarray(first, first + frames)
  if (!times.some((timeS, i) => showsFaces(optionsAt(clip, { index: first + i, timeS })))) throw nothingAsked(path, frames)
}

/**
 * Decides how a clip is rendered, of which `clip` is asked. Throws whatever forbids it that can be known before the first frame: range, encoder, place of the layers, shots that
 * switch everything off.
 */
export async function planVideo(
  job: Job,
  info: MediaInfo,
  clip: ClipOptions,
  options: RenderOptions,
  signal: AbortSignal | undefined,
): Promise<VideoPlan> {
  const { range, layers, segment, preview } = options
  if (layers !== undefined) await checkLayers(layers.folder, layers, job.output)
  const isPreview = preview !== undefined
  const picture = await planPicture(info, isPreview ? 'preview.mp4' : job.output, isPreview ? { ...options, encoder: 'auto' } : options)
  const index = await indexOf(info, signal)
  const segments = new Segmentation(index, range, segment)
  if (segments.frames === 0 || range.fromS >= info.startS + info.durationS) throw nothingInRange(job.path, info, range)
  if (index !== undefined) requireAsked(job, clip, index, segments)
  return { picture, index, segments }
}

/** How many frames a clip has, undefined where nobody counted, and when it ends, seconds from the start of its file. */
export async function lengthOf(path: string, signal: AbortSignal | undefined): Promise<ClipLength> {
  const info = await probeMedia(path, signal)
  if (info.kind === 'image') return { frames: 1, endS: Number.POSITIVE_INFINITY }
  const index = await indexOf(info, signal)
  const frames = index?.timesS.length ?? info.frames
  return { frames: frames > 0 ? frames : undefined, endS: info.startS + info.durationS }
}

/** When the frames of a clip are shown, by its packets; undefined where only decoding tells. */
export async function indexOf(info: MediaInfo, signal: AbortSignal | undefined): Promise<FrameIndex | undefined> {
  return frameIndex(await indexPackets(info, signal), info.details?.originS ?? 0)
}
