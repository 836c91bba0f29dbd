import { closeSync, openSync, readSync } from 'node:fs'
import { DfkError } from '../work/errors.ts'
import type { MediaInfo } from './probe.ts'

// Footage is untrusted. Formats that name other files (playlists, concat scripts, image patterns, SDP, DASH) are not on the list of what
// ffmpeg may take a file for; of those that are, MOV follows references to other files only when told to (enable_drefs), and Matroska
// never follows linked segments.

/** Demuxers that read one file and nothing else. */
const FORMATS = [
  ...['mov', 'matroska', 'avi', 'mpeg', 'mpegts', 'mpegvideo', 'm4v', 'h264', 'hevc', 'av1', 'obu', 'ivf', 'ogg', 'flv', 'live_flv'],
  ...['asf', 'gif', 'mxf', 'mxf_opatom', 'gxf', 'dv', 'nut', 'rm', 'swf', 'vc1', 'yuv4mpegpipe'],
  ...['wav', 'mp3', 'flac', 'aac', 'aiff', 'ac3', 'jpeg_pipe', 'png_pipe', 'webp_pipe', 'tiff_pipe', 'bmp_pipe', 'apng'],
]

/** Input options of ffmpeg and ffprobe for footage: local files only, and only formats that consist of one file. */
export const LOCAL_ONLY: readonly string[] = ['-protocol_whitelist', 'file,pipe', '-format_whitelist', FORMATS.join(',')]

/** Longest side that is decoded, in pixels. */
const MAX_SIDE = 16_384

/** Most pixels of a picture that is decoded, whatever its sides: as sharp's own limit, 0x3FFF squared. */
export const MAX_PIXELS = 268_402_689

/** Most frames of a clip: a day at 100 frames a second, and some. */
const MAX_FRAMES = 10_000_000

const MAX_DURATION_S = 7 * 24 * 3600

/** Returns `info`, or throws DfkError where picture or clip are larger than any footage that dfk works on. */
export function checkBounds(info: MediaInfo): MediaInfo {
  const { path, width, height, frames, durationS } = info
  const { codedWidth = width, codedHeight = height } = info.details ?? {}
  if (Math.max(width, height, codedWidth, codedHeight) > MAX_SIDE || Math.max(width * height, codedWidth * codedHeight) > MAX_PIXELS)
    throw new DfkError(`expected a picture of at most ${MAX_SIDE} pixels a side but found ${width}×${height} in ${path}`, {
      hint: 'scale it down first',
    })
  if (frames > MAX_FRAMES || durationS > MAX_DURATION_S)
    throw new DfkError(`expected a clip of at most ${MAX_FRAMES} frames and a week but ${path} says ${frames} frames, ${durationS} s`, {
      hint: 'cut it into parts first',
    })
  return info
}

/** Whether a file begins like a text that names other media: a playlist, a concat script, a session description. */
export function isPlaylist(path: string): boolean {
  const head = Buffer.alloc(512)
  const file = openSync(path, 'r')
  try {
    const length = readSync(file, head)
    const text = head.toString('latin1', 0, length)
    return /^\s*(\u00ef\u00bb\u00bf)?(#EXTM3U|ffconcat|file\s|v=0|\[playlist\]|<\?xml|<MPD|<SmoothStreaming)/i.test(text)
  } finally {
    closeSync(file)
  }
}
