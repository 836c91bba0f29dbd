import { DfkError } from '../work/errors.ts'
import { countArguments, fileUrl, probeArguments } from './arguments.ts'
import { findFfprobe } from './binaries.ts'
import type { ColourTags } from './colour.ts'
import { readFailure } from './failures.ts'
import { frameArguments, hasUntoldFields, parseFirstFrames } from './first-frames.ts'
import { dynamicHdrOf, type HdrLevels, hdrLevelsOf } from './hdr.ts'
import { checkBounds } from './limits.ts'
import { askProgram } from './process.ts'
import { AboutFiles } from './remembered.ts'
import { type MediaReport, reportSchema, type StreamReport } from './report.ts'
import { requireFile } from './requireFile.ts'
import { probePicture } from './stills.ts'
import {
  type Chapter,
  chromaLocationOf,
  fieldOrderOf,
  type PixelDetails,
  parseChapters,
  parseStreams,
  pixelDetails,
  type StreamInfo,
} from './streams.ts'

export interface Rational {
  readonly num: number
  readonly den: number
}

interface AudioStream {
  readonly codec: string
  readonly channels: number
  readonly sampleRate: number
}

/** What dfk knows about a file before decoding it. Sizes are as displayed: square pixels, rotation applied. */
export interface MediaInfo {
  readonly path: string
  readonly kind: 'video' | 'image'
  readonly width: number
  readonly height: number
  /** Pixels of a frame in display orientation as the file has them, and their width by their height. */
  readonly coded: { readonly width: number; readonly height: number; readonly sar: Rational }
  /** Average rate; 0/1 for an image. */
  readonly fps: Rational
  /** Tick of the timestamps, in seconds. */
  readonly timeBase: Rational
  /** Frames that the container counts; decoding may give fewer where an edit list hides some. */
  readonly frames: number
  /** Length of the video stream. */
  readonly durationS: number
  /** When its first frame is shown, counted from the start of the file (sound may begin earlier). */
  readonly startS: number
  readonly audio: readonly AudioStream[]
  readonly codec: string
  readonly pixelFormat: string
  readonly colour: ColourTags
  /** Clockwise degrees that the file asks players to turn the picture by. */
  readonly rotation: number
  /** What the file holds beyond sizes and times; undefined for a still. */
  readonly details?: VideoDetails
}

/** The rest of what a video file says, which its copy must keep. */
interface VideoDetails {
  /** ffmpeg's names of the container, such as `mov,mp4,m4a,3gp,3g2,mj2`. */
  readonly format: string
  /** Every stream, the picture's included. */
  readonly streams: readonly StreamInfo[]
  /** Index of the picture's stream. */
  readonly picture: number
  readonly chapters: readonly Chapter[]
  /** Tags of the whole file. */
  readonly tags: Readonly<Record<string, string>>
  /** Size of the coded picture, before rotation and with its own pixels. */
  readonly codedWidth: number
  readonly codedHeight: number
  /** Width of a pixel by its height. */
  readonly sar: Rational
  readonly fieldOrder: 'progressive' | 'tt' | 'bb' | 'tb' | 'bt'
  /** Where the chroma samples of 4:2:0 lie, by ffmpeg's name. */
  readonly chromaLocation?: string | undefined
  /** Display and light that HDR footage was graded for. */
  readonly hdr?: HdrLevels | undefined
  /** Names of brightness metadata that change from frame to frame, such as `HDR10+`. */
  readonly dynamicHdr?: readonly string[] | undefined
  /** Undefined for a format that dfk does not know. */
  readonly pixels?: PixelDetails | undefined
  /** Time code of the first frame, as `01:00:00:00` (`;` before the frames for drop frame). */
  readonly timecode?: string | undefined
  /** When the earliest stream begins, on the file's own clock. */
  readonly originS: number
}

/** Reads `30000/1001` or `16:15`; undefined where it is no positive ratio. */
export function parseRational(text: string | undefined): Rational | undefined {
  const match = /^(\d+)[/:](\d+)$/.exec(text ?? '')
  const num = Number(match?.[1] ?? 0)
  const den = Number(match?.[2] ?? 0)
  return num > 0 && den > 0 ? { num, den } : undefined
}

/** Reads Matroska's `00:01:02.5`. */
function seconds(text: string | undefined): number | undefined {
  const match = /^(\d+):(\d+):([\d.]+)$/.exec(text ?? '')
  return match === null ? undefined : Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3])
}

/** Matroska's tag says when a stream ends, not how long it is. */
function lengthOf({ tags, start_time: start }: StreamReport): number | undefined {
  const end = seconds(tags?.['DURATION'])
  return end === undefined ? undefined : end - Math.max(0, Number(start ?? 0) || 0)
}

function rotationOf(stream: StreamReport): number {
  const side = stream.side_data_list?.find(({ rotation }) => rotation !== undefined)?.rotation
  const tagged = side === undefined ? Number(stream.tags?.['rotate'] ?? 0) : -side
  return ((Math.round(tagged) % 360) + 360) % 360
}

function known(text: string | undefined): string | undefined {
  return text === undefined || text === 'unknown' || text === 'reserved' || text === 'gbr' ? undefined : text
}

function colourOf(stream: StreamReport): ColourTags {
  const matrix = known(stream.color_space)
  const primaries = known(stream.color_primaries)
  const transfer = known(stream.color_transfer)
  const range = stream.color_range === 'tv' || stream.color_range === 'pc' ? stream.color_range : undefined
  return { ...(matrix && { matrix }), ...(primaries && { primaries }), ...(transfer && { transfer }), ...(range && { range }) }
}

/** Size in the file's own pixels: quarter turns exchange the sides. */
function codedSize(stream: StreamReport, rotation: number): MediaInfo['coded'] {
  const { width = 0, height = 0 } = stream
  const sar = parseRational(stream.sample_aspect_ratio) ?? { num: 1, den: 1 }
  return rotation % 180 === 90 ? { width: height, height: width, sar: { num: sar.den, den: sar.num } } : { width, height, sar }
}

/** Display size: non-square pixels widen (to an even width), quarter turns exchange the sides. */
function displaySize(stream: StreamReport, rotation: number): { width: number; height: number } {
  const { width = 0, height = 0 } = stream
  const sar = parseRational(stream.sample_aspect_ratio) ?? { num: 1, den: 1 }
  const wide = sar.num === sar.den ? width : Math.max(2, 2 * Math.round((width * sar.num) / sar.den / 2))
  return rotation % 180 === 90 ? { width: height, height: wide } : { width: wide, height }
}

/** Turns ffprobe's report into MediaInfo; `frames` is 0 where the container does not count them. Throws DfkError where the file has no video stream. */
export function parseProbe(path: string, text: string): MediaInfo {
  return parseReport(path, text).info
}

/** MediaInfo, and whether only frames tell the rest of it. */
function parseReport(path: string, text: string): { info: MediaInfo; asksFrames: boolean } {
  const report = reportSchema.parse(JSON.parse(text))
  const stream = report.streams.find((candidate) => candidate.codec_type === 'video' && candidate.disposition?.['attached_pic'] !== 1)
  if (stream === undefined || !stream.width || !stream.height) {
    const only = report.streams.some(({ codec_type: type }) => type === 'audio') ? 'only sound' : 'no picture'
    throw new DfkError(`expected a video or an image but found ${only} in ${path}`, { hint: 'give a file with a video stream' })
  }
  if (/^image2$|_pipe$/.test(report.format.format_name)) {
    throw new DfkError(`expected a picture that can be read but ${path} is damaged, cut off, or of a kind that dfk does not read`, {
      hint: 'copy it again, or save it as PNG or JPEG',
    })
  }
  const rotation = rotationOf(stream)
  const fps = parseRational(stream.avg_frame_rate) ?? parseRational(stream.r_frame_rate) ?? { num: 25, den: 1 }
  const info: MediaInfo = {
    path,
    kind: 'video',
    ...displaySize(stream, rotation),
    coded: codedSize(stream, rotation),
    fps,
    timeBase: parseRational(stream.time_base) ?? { num: 1, den: 90_000 },
    frames: Number(stream.nb_frames ?? 0),
    durationS: Number(stream.duration ?? lengthOf(stream) ?? report.format.duration ?? 0),
    startS: Math.max(0, Number(stream.start_time ?? 0) - Number(report.format.start_time ?? 0)) || 0,
    audio: report.streams
      .filter(({ codec_type: type }) => type === 'audio')
      .map((audio) => ({ codec: audio.codec_name, channels: audio.channels, sampleRate: Number(audio.sample_rate) })),
    codec: stream.codec_name,
    pixelFormat: stream.pix_fmt,
    colour: colourOf(stream),
    rotation,
    details: detailsOf(report, stream),
  }
  // Levels may stand in frames alone, and what changes with them always does.
  const isGraded = info.colour.transfer === 'smpte2084'
  return { info, asksFrames: isGraded || hasUntoldFields(info.codec, stream.field_order) }
}

function detailsOf(report: MediaReport, stream: StreamReport): VideoDetails {
  const timecode = [stream, ...report.streams, report.format].map(({ tags }) => tags?.['timecode'] ?? tags?.['TIMECODE'])
  return {
    format: report.format.format_name,
    streams: parseStreams(report),
    picture: stream.index,
    chapters: parseChapters(report),
    tags: report.format.tags ?? {},
    codedWidth: stream.width ?? 0,
    codedHeight: stream.height ?? 0,
    sar: parseRational(stream.sample_aspect_ratio) ?? { num: 1, den: 1 },
    fieldOrder: fieldOrderOf(stream.field_order),
    chromaLocation: chromaLocationOf(stream.chroma_location),
    hdr: hdrLevelsOf(stream.side_data_list),
    dynamicHdr: dynamicHdrOf(stream.side_data_list),
    pixels: pixelDetails(stream.pix_fmt),
    timecode: timecode.find((text) => /^\d\d:\d\d:\d\d[:;.]\d\d+$/.test(text ?? '')),
    originS: Number(report.format.start_time ?? 0) || 0,
  }
}

/** Reads what the file says about itself, without decoding it. Throws DfkError for anything but a video or a still image. */
export async function probeMedia(path: string, signal?: AbortSignal): Promise<MediaInfo> {
  await requireFile(path)
  const still = await probePicture(path)
  if (still !== undefined) return still
  const { path: ffprobe } = await findFfprobe()
  return asked.get(path, ffprobe, () => ask(ffprobe, path, signal))
}

const asked = new AboutFiles<MediaInfo>()

/** Fills in what only frames tell; frames that cannot be decoded tell nothing. */
async function askFrames(ffprobe: string, info: MediaInfo, signal: AbortSignal | undefined): Promise<MediaInfo> {
  const text = await askProgram(ffprobe, frameArguments(fileUrl(info.path)), signal).catch((failure) => {
    if (signal?.aborted) throw failure
    return '{}'
  })
  const { details } = info
  if (details === undefined) return info
  const { fieldOrder = details.fieldOrder, chromaLocation, hdr, dynamicHdr } = parseFirstFrames(text)
  const told = { fieldOrder, chromaLocation: details.chromaLocation ?? chromaLocation, hdr: details.hdr ?? hdr }
  const dynamic = [...new Set([...(details.dynamicHdr ?? []), ...(dynamicHdr ?? [])])]
  return { ...info, details: { ...details, ...told, ...(dynamic.length > 0 && { dynamicHdr: dynamic }) } }
}

async function ask(ffprobe: string, path: string, signal: AbortSignal | undefined): Promise<MediaInfo> {
  try {
    const { info: said, asksFrames } = parseReport(path, await askProgram(ffprobe, probeArguments(path), signal))
    checkBounds(said)
    const info = asksFrames ? await askFrames(ffprobe, said, signal) : said
    if (info.frames > 0) return info
    const counted = reportSchema.parse(JSON.parse(await askProgram(ffprobe, countArguments(path), signal)))
    return checkBounds({ ...info, frames: Number(counted.streams[0]?.nb_read_packets ?? 0) })
  } catch (failure) {
    throw readFailure(path, failure)
  }
}
