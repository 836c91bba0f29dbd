import type { MediaReport, StreamReport } from './report.ts'

/** One stream of a file, as far as a copy of the file must know it. */
export interface StreamInfo {
  /** Number in the file. */
  readonly index: number
  readonly type: 'video' | 'audio' | 'subtitle' | 'data' | 'attachment'
  readonly codec: string
  /** Four characters that name the codec in the container; empty where it has none. */
  readonly tag: string
  /** ISO 639-2 code; undefined where the file does not say. */
  readonly language?: string | undefined
  readonly title?: string | undefined
  /** Names of ffmpeg's dispositions that are set, such as `default` and `forced`. */
  readonly disposition: readonly string[]
  /** Whether it is a cover picture rather than footage. */
  readonly isCover: boolean
  /** When it begins, on the file's own clock. */
  readonly startS: number
  /** Name and type of an attached file. */
  readonly fileName?: string | undefined
  readonly mimeType?: string | undefined
}

/** A titled part of a clip, on the file's own clock. */
export interface Chapter {
  readonly startS: number
  readonly endS: number
  readonly title?: string | undefined
}

/** How the samples of a pixel format lie. */
export interface PixelDetails {
  readonly model: 'yuv' | 'rgb' | 'gray'
  readonly bits: number
  /** Subsampling: 420, 422, 444, 440, 411 or 410. */
  readonly chroma: 400 | 410 | 411 | 420 | 422 | 440 | 444
  readonly hasAlpha: boolean
  /** Full range by its name alone (`yuvj420p`). */
  readonly isFullRange: boolean
}

const TYPES: Record<string, StreamInfo['type']> = {
  video: 'video',
  audio: 'audio',
  subtitle: 'subtitle',
  data: 'data',
  attachment: 'attachment',
}

function streamOf(stream: StreamReport): StreamInfo {
  const tag = (name: string) => stream.tags?.[name] ?? stream.tags?.[name.toUpperCase()]
  const language = tag('language')
  return {
    index: stream.index,
    type: TYPES[stream.codec_type ?? ''] ?? 'data',
    codec: stream.codec_name,
    tag: stream.codec_tag_string.startsWith('[') ? '' : stream.codec_tag_string,
    language: language === 'und' ? undefined : language,
    title: tag('title') ?? tag('name'),
    disposition: Object.entries(stream.disposition ?? {}).flatMap(([name, isSet]) => (isSet === 1 ? [name] : [])),
    isCover: stream.disposition?.['attached_pic'] === 1,
    startS: Number(stream.start_time ?? 0) || 0,
    fileName: tag('filename'),
    mimeType: tag('mimetype'),
  }
}

/** Every stream that ffprobe lists. */
export function parseStreams(report: MediaReport): StreamInfo[] {
  return report.streams.map(streamOf)
}

/** The chapters that ffprobe lists. */
export function parseChapters(report: MediaReport): Chapter[] {
  return report.chapters.map(({ start_time: start, end_time: end, tags }) => ({
    startS: Number(start),
    endS: Number(end),
    title: tags?.['title'],
  }))
}

/** The order of fields as ffprobe names it; untold counts as progressive. */
export function fieldOrderOf(text: string | undefined): 'progressive' | 'tt' | 'bb' | 'tb' | 'bt' {
  return text === 'tt' || text === 'bb' || text === 'tb' || text === 'bt' ? text : 'progressive'
}

/** Which field of a frame is shown first in interlaced footage. */
export type Fields = 'top' | 'bottom'

/** Which field is shown first; undefined for progressive footage. */
export function fieldsOf(order: ReturnType<typeof fieldOrderOf> = 'progressive'): Fields | undefined {
  return order === 'progressive' ? undefined : order.endsWith('t') ? 'top' : 'bottom'
}

/** Where the chroma samples of 4:2:0 lie, by ffmpeg's name; undefined where the file does not say. */
export function chromaLocationOf(text: string | undefined): string | undefined {
  return text === undefined || text === 'unspecified' || text === 'unknown' ? undefined : text
}

/** Reads ffmpeg's name of a pixel format; undefined for one whose samples dfk does not know. */
export function pixelDetails(format: string): PixelDetails | undefined {
  const yuv = /^yuv(j|a)?(410|411|420|422|440|444)p(\d+)?(?:le|be)?$/.exec(format)
  if (yuv !== null)
    return {
      model: 'yuv',
      bits: Number(yuv[3] ?? 8),
      chroma: Number(yuv[2]) as PixelDetails['chroma'],
      hasAlpha: yuv[1] === 'a',
      isFullRange: yuv[1] === 'j',
    }
  const packed: Record<string, PixelDetails['chroma']> = { yuyv422: 422, uyvy422: 422, nv12: 420, nv21: 420, nv16: 422, nv24: 444 }
  const chroma = packed[format]
  if (chroma !== undefined) return { model: 'yuv', bits: 8, chroma, hasAlpha: false, isFullRange: false }
  if (/^p010/.test(format)) return { model: 'yuv', bits: 10, chroma: 420, hasAlpha: false, isFullRange: false }
  const gray = /^gray(\d+)?(?:le|be)?$/.exec(format)
  if (gray !== null) return { model: 'gray', bits: Number(gray[1] ?? 8), chroma: 400, hasAlpha: false, isFullRange: false }
  const planar = /^gbr(a)?p(\d+)?(?:le|be)?$/.exec(format)
  if (planar !== null) return { model: 'rgb', bits: Number(planar[2] ?? 8), chroma: 444, hasAlpha: planar[1] === 'a', isFullRange: true }
  const rgb = /^(rgb24|bgr24|0rgb|rgb0|bgr0|0bgr|pal8|bgr8|rgb8|rgba|argb|bgra|abgr|rgb48|bgr48|rgba64|bgra64)(?:le|be)?$/.exec(format)?.[1]
  if (rgb === undefined) return undefined
  return { model: 'rgb', bits: /48|64/.test(rgb) ? 16 : 8, chroma: 444, hasAlpha: rgb.includes('a'), isFullRange: true }
}
