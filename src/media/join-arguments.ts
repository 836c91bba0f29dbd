import { colourTagOptions, fileUrl, inputOptions, passthroughOptions } from './arguments.ts'
import type { ColourTags } from './colour.ts'
import { type Container, fate } from './containers.ts'
import type { MediaInfo, Rational } from './probe.ts'
import type { StreamInfo } from './streams.ts'
import { advanceTimecode } from './timecode.ts'

/** A stretch of the clip, in seconds from its start. */
interface Range {
  readonly startS: number
  readonly endS: number
}

/** What the joined file is like, beyond the segments' packets. */
export interface JoinPlan {
  readonly original?: MediaInfo | undefined
  readonly range?: Range | undefined
  readonly container: Container
  /** When the first frame is shown, from the start of the output. */
  readonly startS: number
  /** Tick of the output's timestamps, where the container lets one choose. */
  readonly timeBase: Rational
  readonly codec: 'hevc' | 'other'
  readonly tags: ColourTags
  readonly fieldOrder?: string | undefined
  /** Frames of the clip before the first that is joined: the time code runs on. */
  readonly framesBefore?: number | undefined
}

/** Tags that say what a work is; those that say when, where and with what it was shot do not hold for a rendered picture. */
const KEPT_TAGS = [
  ...['title', 'artist', 'album', 'album_artist', 'composer', 'copyright', 'genre', 'show', 'episode_id', 'season_number', 'episode_sort'],
  ...['network', 'description', 'synopsis', 'comment', 'track', 'disc', 'grouping', 'performer', 'publisher', 'language', 'reel_name'],
]

/** Streams of the clip that its copy has, in order, with what each goes through. */
function keptStreams({ original, container }: JoinPlan): { stream: StreamInfo; coder: string }[] {
  return (original?.details?.streams ?? []).flatMap((stream) => {
    const coder = fate(stream, container)
    return coder === undefined ? [] : [{ stream, coder }]
  })
}

function named({ index, type, codec, language, title }: StreamInfo): string {
  const more = [language, title].filter((text) => text !== undefined).join(', ')
  return `${type} stream ${index} (${codec}${more && `, ${more}`})`
}

/** Says which streams the output lacks and which it holds in another form; empty where all are copied. */
export function joinWarnings(plan: JoinPlan): string[] {
  const details = plan.original?.details
  return (details?.streams ?? []).flatMap((stream) => {
    const coder = fate(stream, plan.container)
    if (coder === 'copy' || stream.index === details?.picture) return []
    if (coder !== undefined) return [`${named(stream)} is converted by ${coder}: ${plan.container} cannot hold it as it is`]
    if (stream.tag === 'tmcd') return []
    // The titles of chapters in MOV, which are chapters again in the output.
    if (stream.tag === 'text' && details?.chapters.length) return []
    if (stream.isCover) return [`the cover picture is left out: it shows the footage as it was`]
    if (stream.type === 'video') return [`${named(stream)} is left out: only the first picture is rendered`]
    if (stream.type === 'data') return [`${named(stream)} is left out: it may say where and with what the footage was shot`]
    return [`${named(stream)} is left out: ${plan.container} cannot hold it`]
  })
}

const LETTER: Record<StreamInfo['type'], string> = { video: 'v', audio: 'a', subtitle: 's', data: 'd', attachment: 't' }

function streamTags(specifier: string, stream: StreamInfo): string[] {
  const { language, title, fileName, mimeType, disposition } = stream
  const tags = { language, title, filename: fileName, mimetype: mimeType }
  const kept = disposition.filter((name) =>
    /^(default|dub|original|comment|lyrics|karaoke|forced|hearing_impaired|visual_impaired)$/.test(name),
  )
  return [
    ...Object.entries(tags).flatMap(([name, value]) => (value === undefined ? [] : [`-metadata:s:${specifier}`, `${name}=${value}`])),
    ...(stream.type === 'attachment' ? [] : [`-disposition:${specifier}`, kept.join('+') || '0']),
  ]
}

function otherStreams(plan: JoinPlan): string[] {
  const count: Record<string, number> = {}
  return keptStreams(plan).flatMap(({ stream, coder }) => {
    const letter = LETTER[stream.type]
    const order = count[letter] ?? 0
    count[letter] = order + 1
    const specifier = `${letter}:${order}`
    const isTransport = /mpegts/.test(plan.original?.details?.format ?? '')
    return [
      ...['-map', `1:${stream.index}`, `-c:${specifier}`, coder],
      ...(coder === 'aac' ? [`-b:${specifier}`, '192k'] : []),
      ...(coder === 'copy' && stream.codec === 'aac' && isTransport ? [`-bsf:${specifier}`, 'aac_adtstoasc'] : []),
      ...streamTags(specifier, stream),
    ]
  })
}

function fileTags(plan: JoinPlan): string[] {
  const { original, framesBefore = 0 } = plan
  const details = original?.details
  const tags = Object.entries(details?.tags ?? {}).filter(([name]) => KEPT_TAGS.includes(name.toLowerCase()))
  const timecode = details?.timecode
  return [
    ...tags.flatMap(([name, value]) => ['-metadata', `${name.toLowerCase()}=${value}`]),
    ...(timecode === undefined || original === undefined
      ? []
      : ['-metadata:s:v:0', `timecode=${advanceTimecode(timecode, framesBefore, original.fps)}`]),
  ]
}

/** Options before `-i` of the clip whose other streams are copied. */
export function originalOptions({ range }: JoinPlan): string[] {
  return [...inputOptions().slice(4), ...(range === undefined ? [] : ['-ss', range.startS.toFixed(6)])]
}

/** Options before `-i` of the segments' stream. */
export function segmentOptions({ startS }: JoinPlan): string[] {
  return [...inputOptions(), '-thread_queue_size', '64', '-f', 'nut', '-itsoffset', startS.toFixed(6)]
}

/** The clip as a URL, if one is given. */
export function originalUrl({ original }: JoinPlan): string | undefined {
  return original === undefined ? undefined : fileUrl(original.path)
}

/** Output options that put the segments' picture (input 0) and the clip's other streams (input 1) into one file; nothing of the picture is coded anew. */
export function joinOptions(plan: JoinPlan, version: string): string[] {
  const { container, original, range, timeBase } = plan
  const isMp4 = container === 'mp4' || container === 'mov'
  const details = original?.details
  const picture = details?.streams.find(({ index }) => index === details.picture)
  return [
    ...['-map', '0:v:0', '-c:v:0', 'copy', ...passthroughOptions(version), ...colourTagOptions(plan.tags)],
    ...(plan.fieldOrder === undefined || plan.fieldOrder === 'progressive' ? [] : ['-field_order', plan.fieldOrder]),
    ...(isMp4 && plan.codec === 'hevc' ? ['-tag:v', 'hvc1'] : []),
    ...['-map_metadata:g', '-1', '-map_metadata:s', '-1'],
    ...(picture === undefined ? [] : streamTags('v:0', picture)),
    ...otherStreams(plan),
    ...fileTags(plan),
    ...['-map_chapters', original === undefined ? '-1' : '1'],
    ...(range === undefined ? [] : ['-t', (range.endS - range.startS).toFixed(6)]),
    // Sound before zero is what decoders need to begin (AAC's first packet): an edit list hides it, other containers do without.
    ...['-copypriorss', isMp4 && range === undefined ? '1' : '0'],
    ...(isMp4 ? ['-video_track_timescale', String(timeBase.den), '-movflags', '+faststart'] : []),
    ...['-max_muxing_queue_size', '4096', '-f', container],
  ]
}
