import { join, relative } from 'node:path'
import type { Signing } from '../provenance/index.ts'
import type { Look } from '../swap/look.ts'
import type { RenderOptions } from '../swap/renderOptions.ts'
import type { SwapRequest } from '../swap/session.ts'
import type { FrameOptions, Shot } from '../swap/shots.ts'
import { UsageError } from '../work/errors.ts'
import { labellingOf } from './swap-label.ts'
import { type RenderingAsked, type ShotOptions, type SwapAsked, swapOptions } from './swap-options.ts'

/** Quality at which x264 looks like what it was given. */
const LIKE_THE_ORIGINAL = 17
/** What encoders that have no quality to choose make instead. */
const WITHOUT_QUALITY: Partial<Record<RenderingAsked['encoder'], string>> = {
  ...{ lossless: 'keeps everything', ffv1: 'keeps everything', prores: 'has a rate of its own', prores_ks: 'has a rate of its own' },
  ...{ h264_mf: 'has a rate of its own', libopenh264: 'has a rate of its own' },
}

/** How a video is encoded, and how much of it is rendered. */
export async function renderOptionsOf(asked: RenderingAsked & Pick<SwapAsked, 'preview'>): Promise<Omit<RenderOptions, 'layers'>> {
  const { parseRange, WHOLE_CLIP } = await import('../swap/range.ts')
  return {
    ...{
      encoder: asked.encoder,
      quality: asked.crf ?? LIKE_THE_ORIGINAL,
      preset: asked.encoderPreset,
      preview: asked.preview,
      segment: asked.segment,
    },
    range: asked.range === undefined ? WHOLE_CLIP : parseRange(asked.range),
  }
}

/** Throws UsageError for an option that says nothing without, or beside, another one. */
export function requirePartners(asked: SwapAsked): void {
  const { detach, queue, queueName, layersFormat, layersAlpha, layers, crf, encoder } = asked
  if (asked.listShots !== undefined && asked.range !== undefined)
    throw new UsageError('--range: expected the whole clip with --list-shots, which finds all of its shots, but found a part', {
      hint: 'leave --range away; a shots file may switch shots off',
    })
  const instead = WITHOUT_QUALITY[encoder]
  if (crf !== undefined && instead !== undefined)
    throw new UsageError(`--crf: expected an encoder with a quality to choose but found ${encoder}, which ${instead}`, {
      hint: 'leave --crf away, or take another --encoder',
    })
  const pairs = [
    ['--detach', detach, '--queue', queue],
    ['--queue-name', queueName, '--queue', queue],
    ['--layers-format', layersFormat, '--layers', layers],
    ['--layers-alpha', layersAlpha, '--layers', layers],
  ] as const
  for (const [flag, given, partner, value] of pairs)
    if (given !== undefined && value === undefined)
      throw new UsageError(`${flag}: expected ${partner} beside it but found none`, { hint: `add ${partner}, or leave ${flag} away` })
}

/** Flags that were given and say nothing of a preview. */
export function idleInPreview({ preview, layers, crf, encoder, encoderPreset }: SwapAsked): string[] {
  if (preview === undefined) return []
  const { shape } = swapOptions
  const flags = [
    ['--layers', layers !== undefined],
    ['--encoder', encoder !== shape.encoder.parse(undefined)],
    ['--encoder-preset', encoderPreset !== shape.encoderPreset.parse(undefined)],
    ['--crf', crf !== undefined],
  ] as const
  return flags.flatMap(([flag, given]) => (given ? [flag] : []))
}

type LayersAsked = Pick<RenderingAsked, 'layers' | 'layersFormat' | 'layersAlpha'> & Pick<SwapAsked, 'output'>

/** The layers to write beside one of the outputs; those of a folder get a folder each. */
export function layersOf(asked: LayersAsked, output: string, isFolder: boolean): RenderOptions['layers'] {
  const { layers, layersFormat: format = 'prores', layersAlpha } = asked
  if (layers === undefined) return undefined
  const folder = isFolder ? join(layers, relative(asked.output ?? '.', output)) : layers
  return { folder, format, alpha: layersAlpha ?? (format === 'exr' ? 'premultiplied' : 'straight') }
}

function lookOf(asked: ShotOptions): Look {
  const { retarget, occlusion, hair, blend, matchDetail: detail, sharpen, enhance, grain } = asked
  const mask = { kind: asked.mask, erodePercent: asked.maskErode, blurPercent: asked.maskBlur }
  return { retarget, mask, occlusion, hair, colour: asked.color, blend, detail, sharpen, enhance, grain }
}

/** What of it may differ from shot to shot. */
export function chosenBy(asked: ShotOptions): Omit<FrameOptions, 'on' | 'strength'> {
  return { choice: asked.face, threshold: asked.threshold, look: lookOf(asked), label: asked.label }
}

/** What is asked for besides files and encoding. */
export function requestOf(
  home: string,
  asked: RenderingAsked & Pick<SwapAsked, 'device'>,
  signing: Signing,
  shots: readonly Shot[] = [],
): SwapRequest {
  return {
    home,
    run: asked.run,
    map: asked.map,
    faceImage: asked.faceImage,
    checkpoint: asked.checkpoint,
    consent: asked.consent,
    purpose: {
      publish: asked.use === 'publish',
      ...(asked.project !== undefined && { project: asked.project }),
      ...(asked.media.length > 0 && { media: asked.media }),
      ...(asked.territory.length > 0 && { territory: asked.territory }),
      ...(asked.category.length > 0 && { categories: asked.category }),
    },
    ...chosenBy(asked),
    shots,
    device: asked.device,
    labelling: labellingOf(asked),
    provider: asked.provider,
    signing: { ...signing, signedBy: asked.signedBy, wantsTime: asked.wantsTime },
  }
}
