import type { ColourTags, Matrix } from './colour.ts'
import { type EncoderSettings, encoderOptions } from './encoder-options.ts'
import type { EncoderName } from './encoderNames.ts'
import { LOCAL_ONLY } from './limits.ts'
import { filterPixels, type PipePixels } from './pixels.ts'
import type { Rational } from './probe.ts'
import type { Fields } from './streams.ts'

/** Accurate conversion between YCbCr and RGB: without these swscale takes short cuts that shift colours by a level or two. */
const ACCURATE = 'flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp'

/** A path as a URL that ffmpeg cannot take for an option, a pattern or a network protocol. */
export function fileUrl(path: string): string {
  return `file:${path}`
}

/** Options before `-i` for footage: nothing but local files may be opened. */
export function inputOptions(): string[] {
  return ['-hide_banner', '-nostats', '-loglevel', 'level+info', ...LOCAL_ONLY]
}

/** `-vsync 0` was renamed in ffmpeg 5.1 and goes away later; old builds know only the old name. */
export function passthroughOptions(version: string): string[] {
  const release = /^n?(\d+)\.(\d+)/.exec(version)
  const revision = /^N-(\d+)/.exec(version)
  const knows =
    release !== null ? Number(release[1]) > 5 || (release[1] === '5' && Number(release[2]) >= 1) : Number(revision?.[1] ?? 0) > 107_000
  return knows ? ['-fps_mode', 'passthrough'] : ['-vsync', '0']
}

export interface DecodePlan {
  /** Size of the frames that come out, square pixels, display orientation. */
  readonly width: number
  readonly height: number
  readonly matrix: Matrix
  /** Transfer curve of HDR footage, which is brought to standard range; undefined for any other. */
  readonly hdr?: string | undefined
  readonly every: number
  /** Frames in a row from each of them on, at most `every`. */
  readonly burst?: number | undefined
  /** Number of the first frame that is kept. */
  readonly from?: number | undefined
  readonly maxFrames?: number | undefined
  /** Version of the ffmpeg that will run it. */
  readonly version: string
}

/** HDR light to BT.709, white at 203 cd/m² (ITU-R BT.2408), highlights rolled off. */
function toneMap(transfer: string): string {
  const light = `zscale=tin=${transfer}:pin=bt2020:min=bt2020nc:t=linear:npl=203,format=gbrpf32le`
  return `${light},zscale=p=bt709,tonemap=hable:desat=0,zscale=t=bt709:m=gbr:r=full,format=gbrp,`
}

/** Output options that decode to packed RGB on a pipe. A zero-copy corner of each frame goes through `showinfo`, which prints its time. */
export function decodeOptions(plan: DecodePlan): string[] {
  const { every, burst = 1, from = 0 } = plan
  const conditions = [
    ...(from > 0 ? [`gte(n\\,${from})`] : []),
    ...(every > burst ? [`lt(mod(n${from > 0 ? `-${from}` : ''}\\,${every})\\,${burst})`] : []),
  ]
  const pick = conditions.length > 0 ? `select='${conditions.join('*')}',` : ''
  const graph =
    `[0:V:0]${pick}split[picture][corner];` +
    `[corner]crop=w='min(16,iw)':h='min(16,ih)':x=0:y=0,showinfo,nullsink;` +
    `[picture]${plan.hdr === undefined ? '' : toneMap(plan.hdr)}scale=${plan.width}:${plan.height}:in_color_matrix=${plan.matrix}:${ACCURATE},format=rgb24[out]`
  const limit = plan.maxFrames === undefined ? [] : ['-frames:v', String(plan.maxFrames)]
  return ['-filter_complex', graph, '-map', '[out]', ...passthroughOptions(plan.version), ...limit, '-f', 'rawvideo']
}

/** What of a clip is decoded in its own samples. */
export interface ReadPlan {
  readonly pixels: PipePixels
  /** The clip's own pixel format, by ffmpeg's name. */
  readonly source: string
  readonly fullRange: boolean
  readonly matrix: Matrix
  /** Whether each field is converted by itself: chroma of two moments must not mix. */
  readonly isInterlaced?: boolean | undefined
  readonly version: string
}

/** Options before `-i` that begin with the frame shown at a time, counted from the start of the file; times stay those of the file. Half a millisecond early: containers round. */
export function exactSeekOptions(seekS: number | undefined): string[] {
  return seekS === undefined ? [] : ['-copyts', '-ss', Math.max(0, seekS - 5e-4).toFixed(6)]
}

/** Options before `-i` that begin at a time, counted from the start of the file, or at the key frame before it; times stay those of the file. */
export function seekOptions(seekS: number | undefined): string[] {
  return seekS === undefined ? ['-copyts'] : ['-copyts', '-noaccurate_seek', '-ss', Math.max(0, seekS).toFixed(6)]
}

/** Output options that decode to planar frames on a pipe, converted only where the clip's own samples are of another kind. Times as for `decodeOptions`. */
export function readOptions(plan: ReadPlan): string[] {
  const wanted = filterPixels(plan.pixels, plan.fullRange)
  // A scaler that has nothing to do is left out: told of a matrix, it would convert all the same.
  const convert =
    wanted === plan.source
      ? ''
      : `scale=in_color_matrix=${plan.matrix}:out_color_matrix=${plan.matrix}:${ACCURATE}${plan.isInterlaced ? ':interl=1' : ''},`
  const graph =
    "[0:V:0]split[picture][corner];[corner]crop=w='min(16,iw)':h='min(16,ih)':x=0:y=0,showinfo,nullsink;" +
    `[picture]${convert}format=${wanted}[out]`
  return ['-filter_complex', graph, '-map', '[out]', ...passthroughOptions(plan.version), '-f', 'rawvideo']
}

/** Output options that print the SHA-256 of the first video stream's packets; sound and container do not change it. */
export function packetHashOptions(): string[] {
  return ['-map', '0:V:0', '-c', 'copy', '-f', 'hash', '-hash', 'sha256']
}

/** Arguments that make ffprobe describe a file as JSON. */
export function probeArguments(path: string): string[] {
  return ['-v', 'error', ...LOCAL_ONLY, '-of', 'json', '-show_format', '-show_streams', '-show_chapters', fileUrl(path)]
}

/** Arguments that make ffprobe count the video packets, for containers that do not say. */
export function countArguments(path: string): string[] {
  const only = ['-select_streams', 'V:0', '-count_packets', '-show_entries', 'stream=nb_read_packets']
  return ['-v', 'error', ...LOCAL_ONLY, '-of', 'json', ...only, fileUrl(path)]
}

/** Output options that tag colours; nothing is said of what is not known. */
export function colourTagOptions({ matrix, primaries, transfer, range }: ColourTags): string[] {
  return [
    ...(range === undefined ? [] : ['-color_range', range]),
    ...(matrix === undefined ? [] : ['-colorspace', matrix]),
    ...(primaries === undefined ? [] : ['-color_primaries', primaries]),
    ...(transfer === undefined ? [] : ['-color_trc', transfer]),
  ]
}

/** How a part of a clip's picture is encoded from planar frames; the same for all parts, on any machine. */
export interface PicturePlan extends EncoderSettings {
  readonly encoder: EncoderName
  readonly bits: 8 | 10 | 12
  readonly chroma: 420 | 422 | 444
  readonly pixels: PipePixels
  /** What the encoder is given: the same samples, at most packed otherwise. */
  readonly encode: string
  readonly fullRange: boolean
  readonly tags: ColourTags
  /** Width of a pixel by its height. */
  readonly sar: Rational
  readonly fields?: Fields | undefined
  /** What the encoder does not write of what the footage says of its picture, in words. */
  readonly lost?: readonly string[] | undefined
  readonly timeBase: Rational
  /** Threads of the encoder: with as many, the same frames give the same bytes. */
  readonly threads: number
}

/** Flags by which encoders code fields; FFV1 goes by the frames alone, which `setfield` marks. */
const FIELD_FLAGS: Partial<Record<EncoderName, string>> = { libx264: '+ilme+ildct', mpeg4: '+ilme+ildct', prores_ks: '+ildct' }

/** Output options by which an encoder codes fields; none for progressive footage. */
export function fieldOptions({ fields, encoder }: Pick<PicturePlan, 'fields' | 'encoder'>): string[] {
  if (fields === undefined) return []
  const flags = FIELD_FLAGS[encoder]
  return ['-field_order', fields === 'top' ? 'tt' : 'bb', ...(flags === undefined ? [] : ['-flags', flags])]
}

/** Filters that say what frames through a pipe do not: how wide pixels are, and which field comes first. */
export function frameFilters({ sar, fields }: Pick<PicturePlan, 'sar' | 'fields'>): string[] {
  return [`setsar=${sar.num}/${sar.den}`, ...(fields === undefined ? [] : [`setfield=${fields === 'top' ? 'tff' : 'bff'}`])]
}

/** Output options that bring frames to the encoder: VAAPI takes them from the memory of its device, all others as they are. */
function uploadOptions(plan: PicturePlan): string[] {
  const { encoder, encode } = plan
  const filters = frameFilters(plan)
  if (!encoder.endsWith('_vaapi')) return ['-vf', filters.join(','), '-c:v', encoder, '-pix_fmt', encode]
  // Named without a device: ffmpeg takes the first that works.
  const device = ['-init_hw_device', 'vaapi=va', '-filter_hw_device', 'va']
  return [...device, '-vf', [...filters, `format=${encode}`, 'hwupload'].join(','), '-c:v', encoder]
}

/** Output options that encode the piped planar frames (input 0) as they are: no sound, no conversion. */
export function pictureOptions(plan: PicturePlan, version: string): string[] {
  return [
    ...['-map', '0:v:0', ...uploadOptions(plan), ...encoderOptions(plan.encoder, plan), '-threads', String(plan.threads)],
    ...[...fieldOptions(plan), ...colourTagOptions({ ...plan.tags, range: plan.fullRange ? 'pc' : 'tv' })],
    ...[...passthroughOptions(version), '-enc_time_base', `${plan.timeBase.num}:${plan.timeBase.den}`],
    ...['-map_chapters', '-1', '-avoid_negative_ts', 'disabled', '-f', 'nut'],
  ]
}
