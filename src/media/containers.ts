import { extname } from 'node:path'
import { UsageError } from '../work/errors.ts'
import type { StreamInfo } from './streams.ts'

/** The containers that dfk writes, as ffmpeg names them. */
export type Container = 'mp4' | 'mov' | 'matroska' | 'webm'

const EXTENSIONS: Record<string, Container> = { '.mp4': 'mp4', '.m4v': 'mp4', '.mov': 'mov', '.mkv': 'matroska', '.webm': 'webm' }

/** Whether a name is one that dfk writes videos to. */
export function isVideoName(path: string): boolean {
  return EXTENSIONS[extname(path).toLowerCase()] !== undefined
}

/** The container that an output's name asks for. Throws UsageError for one that dfk does not write. */
export function containerOf(output: string): Container {
  const container = EXTENSIONS[extname(output).toLowerCase()]
  if (container === undefined)
    throw new UsageError(`expected a video name ending in ${Object.keys(EXTENSIONS).join(', ')} but found ${output}`)
  return container
}

const MP4_SOUND = new Set(['aac', 'mp3', 'mp2', 'ac3', 'eac3', 'alac'])
const WEBM_SOUND = new Set(['opus', 'vorbis'])
/** Sound of discs that Matroska has no name for. */
const DISC_SOUND = new Set(['pcm_dvd', 'pcm_bluray'])

const TEXT_SUBTITLES = new Set(['subrip', 'srt', 'ass', 'ssa', 'mov_text', 'webvtt', 'text', 'hdmv_text_subtitle'])
const KEPT_SUBTITLES: Record<Container, ReadonlySet<string>> = {
  mp4: new Set(['mov_text', 'dvd_subtitle']),
  mov: new Set(['mov_text', 'eia_608']),
  matroska: new Set(['subrip', 'ass', 'ssa', 'webvtt', 'hdmv_pgs_subtitle', 'dvd_subtitle', 'dvb_subtitle']),
  webm: new Set(['webvtt']),
}
const SUBTITLE_CODER: Record<Container, string> = { mp4: 'mov_text', mov: 'mov_text', matroska: 'srt', webm: 'webvtt' }

/** Whether a container holds sound of this codec as it is. */
function holdsSound(codec: string, container: Container): boolean {
  if (container === 'matroska') return true
  return (container === 'webm' ? WEBM_SOUND : MP4_SOUND).has(codec) || (container === 'mov' && codec.startsWith('pcm_'))
}

/** What becomes of a stream in a container: `copy`, the name of the encoder that it goes through, or undefined where it is left out. */
export function fate(stream: StreamInfo, container: Container): string | undefined {
  const { type, codec } = stream
  switch (type) {
    case 'audio': {
      if (codec === 'unknown' || codec === 'none') return undefined
      if (container === 'matroska' && DISC_SOUND.has(codec)) return 'pcm_s24le'
      if (holdsSound(codec, container)) return 'copy'
      return container === 'webm' ? 'libopus' : 'aac'
    }
    case 'subtitle':
      if (KEPT_SUBTITLES[container].has(codec)) return 'copy'
      return TEXT_SUBTITLES.has(codec) ? SUBTITLE_CODER[container] : undefined
    case 'attachment':
      return container === 'matroska' ? 'copy' : undefined
    case 'data':
    case 'video':
      return undefined
    default:
      return type satisfies never
  }
}
