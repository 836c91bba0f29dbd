import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sharedData } from '../support/data.ts'

/** A clip that a production may bring, and how ffmpeg makes it. */
export interface InputCase {
  readonly name: string
  /** Arguments between the program's name and the output. `@x` stands for the earlier case x of the table, `@srt` and `@chapters` for text files. */
  readonly args: readonly string[]
  /** A real clip of the shared data instead of a made one. */
  readonly shared?: string
  /** Container of its copy, where it is not the input's own. */
  readonly output?: 'mp4' | 'mov' | 'mkv' | 'webm'
  /** Streams of the copy by type, in order: `video,audio,subtitle`. */
  readonly streams: string
  /** Frames that are shown; undefined for a real clip. */
  readonly frames?: number
  /** How much longer than its frames the file says to be, in seconds: an edit list that was cut between frames. */
  readonly slackS?: number
}

const V = (size: string, rate: string, seconds: number | string) => ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}:d=${seconds}`]
const SINE = (seconds: number, more = '') => ['-f', 'lavfi', '-i', `sine=f=440:d=${seconds}:r=48000${more}`]
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '12', '-pix_fmt', 'yuv420p']
const HDR = (transfer: string) => ['-color_primaries', 'bt2020', '-colorspace', 'bt2020nc', '-color_trc', transfer, '-color_range', 'tv']
const X265 = (more = '') => [
  '-c:v',
  'libx265',
  '-preset',
  'ultrafast',
  '-pix_fmt',
  'yuv420p10le',
  '-tag:v',
  'hvc1',
  '-x265-params',
  `log-level=none${more}`,
]
const GRADED = 'G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)'
const UNEVEN = "select='not(eq(n,5)+eq(n,11)+between(n,20,24))',settb=1/90000,setpts=PTS+0.0333/TB*gte(N\\,10)"
const EXACT = ['-vsync', '0', '-enc_time_base', '1:90000', '-video_track_timescale', '90000']

/** Made and real clips that differ in what rendering could break. */
export const INPUTS: readonly InputCase[] = [
  { name: 'film.mp4', args: [...V('96x64', '24000/1001', 1), ...SINE(1), ...X264, '-c:a', 'aac'], streams: 'video,audio', frames: 24 },
  {
    name: 'pal.mp4',
    args: [...V('96x64', '25', 1), ...X264, '-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709'],
    streams: 'video',
    frames: 25,
  },
  { name: 'ntsc.mp4', args: [...V('96x64', '30000/1001', 1), ...SINE(1), ...X264, '-c:a', 'aac'], streams: 'video,audio', frames: 30 },
  { name: 'sixty.mp4', args: [...V('96x64', '60', 0.5), ...X264], streams: 'video', frames: 30 },
  { name: 'uneven.mp4', args: [...V('96x64', '25', 2), '-vf', UNEVEN, ...EXACT, ...X264], streams: 'video', frames: 43 },
  { name: 'uneven.mkv', args: ['-i', '@uneven.mp4', '-c', 'copy'], streams: 'video', frames: 43 },
  { name: 'turned90.mp4', args: ['-i', '@pal.mp4', '-c', 'copy', '-metadata:s:v', 'rotate=90'], streams: 'video', frames: 25 },
  { name: 'turned180.mp4', args: ['-i', '@pal.mp4', '-c', 'copy', '-metadata:s:v', 'rotate=180'], streams: 'video', frames: 25 },
  { name: 'turned270.mov', args: ['-i', '@pal.mp4', '-c', 'copy', '-metadata:s:v', 'rotate=270'], streams: 'video', frames: 25 },
  { name: 'odd.mkv', args: [...V('97x63', '25', 0.4), '-c:v', 'ffv1', '-pix_fmt', 'yuv420p'], streams: 'video', frames: 10 },
  { name: 'wide.mp4', args: [...V('72x64', '25', 0.4), '-vf', 'setsar=64/45', ...X264], streams: 'video', frames: 10 },
  {
    name: 'pq.mp4',
    args: [...V('96x64', '25', 0.4), ...X265(':colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc'), ...HDR('smpte2084')],
    streams: 'video',
    frames: 10,
  },
  {
    name: 'hlg.mov',
    args: [...V('96x64', '25', 0.4), ...X265(':colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc'), ...HDR('arib-std-b67')],
    streams: 'video',
    frames: 10,
  },
  {
    name: 'full.mp4',
    args: [...V('96x64', '25', 0.4), '-vf', 'scale=out_range=pc', ...X264.slice(0, -1), 'yuvj420p', '-color_range', 'pc'],
    streams: 'video',
    frames: 10,
  },
  {
    name: 'surround.mkv',
    args: [...V('96x64', '25', 1), ...SINE(1, ',aformat=channel_layouts=5.1'), ...X264, '-c:a', 'ac3'],
    streams: 'video,audio',
    frames: 25,
  },
  {
    name: 'tracks.mkv',
    args: [
      ...V('96x64', '25', 1),
      ...SINE(1),
      ...SINE(1),
      '-i',
      '@srt',
      '-map',
      '0',
      '-map',
      '1',
      '-map',
      '2',
      '-map',
      '3',
      ...X264,
      '-c:a',
      'aac',
      '-c:s',
      'srt',
      '-metadata:s:a:0',
      'language=eng',
      '-metadata:s:a:1',
      'language=fra',
      '-metadata:s:a:1',
      'title=Commentary',
      '-metadata:s:s:0',
      'language=deu',
      '-disposition:a:0',
      'default',
      '-disposition:a:1',
      '0',
      '-disposition:s:0',
      'forced',
      '-metadata',
      'title=A film',
      '-metadata',
      'location=+48.85+002.35/',
    ],
    streams: 'video,audio,audio,subtitle',
    frames: 25,
  },
  {
    name: 'spoken.mp4',
    args: ['-i', '@tracks.mkv', '-map', '0', '-c', 'copy', '-c:s', 'mov_text'],
    streams: 'video,audio,audio,subtitle',
    frames: 25,
  },
  {
    name: 'chapters.mp4',
    args: [...V('96x64', '25', 2), '-i', '@chapters', '-map', '0', '-map_metadata', '1', ...X264],
    streams: 'video,data',
    frames: 50,
  },
  {
    name: 'web.webm',
    args: [...V('96x64', '30', 0.5), ...SINE(0.5), '-c:v', 'libvpx-vp9', '-cpu-used', '8', '-b:v', '100k', '-c:a', 'libopus'],
    streams: 'video,audio',
    frames: 15,
  },
  {
    name: 'old.avi',
    args: [...V('96x64', '25', 0.6), ...SINE(0.6), '-c:v', 'mpeg4', '-bf', '0', '-c:a', 'mp3'],
    output: 'mp4',
    streams: 'video,audio',
    frames: 15,
  },
  {
    name: 'vcd.mpg',
    args: [...V('96x64', '25', 1), ...SINE(1), '-c:v', 'mpeg1video', '-bf', '2', '-c:a', 'mp2', '-f', 'mpeg'],
    output: 'mp4',
    streams: 'video,audio',
    frames: 25,
  },
  { name: 'air.ts', args: [...V('96x64', '25', 1), ...SINE(1), ...X264, '-c:a', 'aac'], output: 'mp4', streams: 'video,audio', frames: 25 },
  {
    name: 'fields.mp4',
    args: [...V('96x64', '25', 0.4), '-vf', 'setfield=tff', ...X264, '-flags', '+ilme+ildct', '-field_order', 'tt'],
    streams: 'video',
    frames: 10,
  },
  { name: 'one.mp4', args: [...V('96x64', '25', 1), ...X264, '-frames:v', '1'], streams: 'video', frames: 1 },
  { name: 'gray.mkv', args: [...V('96x64', '25', 0.4), '-c:v', 'ffv1', '-pix_fmt', 'gray'], streams: 'video', frames: 10 },
  {
    name: 'half.mov',
    args: [...V('96x64', '25', 0.4), '-c:v', 'prores_ks', '-pix_fmt', 'yuv422p10le', '-timecode', '01:02:03:04'],
    streams: 'video,data',
    frames: 10,
  },
  { name: 'whole.mp4', args: [...V('96x64', '25', 0.4), ...X264.slice(0, -1), 'yuv444p'], streams: 'video', frames: 10 },
  {
    name: 'late.mp4',
    args: ['-itsoffset', '0.12', '-i', '@film.mp4', '-i', '@film.mp4', '-map', '0:v', '-map', '1:a', '-c', 'copy'],
    streams: 'video,audio',
    frames: 24,
  },
  {
    name: 'early.mkv',
    args: ['-itsoffset', '0.5', '-i', '@film.mp4', '-i', '@film.mp4', '-map', '1:v', '-map', '0:a', '-c', 'copy'],
    streams: 'video,audio',
    frames: 24,
  },
  { name: 'edited.mp4', args: ['-ss', '0.3', '-i', '@film.mp4', '-c', 'copy'], streams: 'video,audio', frames: 16, slackS: 0.034 },
  {
    name: 'pcm.mov',
    args: [...V('96x64', '25', 0.4), ...SINE(0.4), ...X264, '-c:a', 'pcm_s16le'],
    output: 'mp4',
    streams: 'video,audio',
    frames: 10,
  },
  { name: 'grid.mpg', args: [], shared: 'grid/bbaf2n.mpg', output: 'mp4', streams: 'video,audio' },
]

/** Made clips whose frames say more than their samples: fields, the light they were graded for. */
export const MARKED: readonly InputCase[] = [
  {
    name: 'dv.avi',
    args: [...V('720x576', '25', 0.2), '-vf', 'setfield=bff', '-c:v', 'dvvideo', '-pix_fmt', 'yuv420p'],
    output: 'mov',
    streams: 'video',
    frames: 5,
  },
  {
    name: 'deepFields.mov',
    args: [...V('96x64', '25', 0.2), '-vf', 'setfield=tff', '-c:v', 'prores_ks', '-flags', '+ildct', '-pix_fmt', 'yuv422p10le'],
    streams: 'video',
    frames: 5,
  },
  {
    name: 'hdr10.mp4',
    args: [
      ...V('96x64', '25', 0.2),
      ...X265(`:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:chromaloc=2:master-display=${GRADED}:max-cll=1000,400`),
      ...HDR('smpte2084'),
    ],
    streams: 'video',
    frames: 5,
  },
]

const SRT = '1\n00:00:00,100 --> 00:00:00,500\nFirst line\n\n2\n00:00:00,600 --> 00:00:00,900\nSecond line\n'
const CHAPTERS =
  ';FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=800\ntitle=Opening\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=800\nEND=2000\ntitle=Rest\n'

/** Makes one clip of the table in `folder`, and those that it is made from; undefined where the shared data are absent. */
export function makeInput(ffmpeg: string, folder: string, { name, args, shared }: InputCase): string | undefined {
  if (shared !== undefined) return sharedData(shared)
  const output = join(folder, name)
  if (existsSync(output)) return output
  const texts: Record<string, string> = { '@srt': SRT, '@chapters': CHAPTERS }
  const given = args.map((argument) => {
    if (!argument.startsWith('@')) return argument
    const text = texts[argument]
    const path = join(folder, argument.slice(1))
    if (text === undefined) makeInput(ffmpeg, folder, INPUTS.find((candidate) => candidate.name === argument.slice(1))!)
    else writeFileSync(`${path}.${argument === '@srt' ? 'srt' : 'txt'}`, text)
    return text === undefined ? path : `${path}.${argument === '@srt' ? 'srt' : 'txt'}`
  })
  execFileSync(ffmpeg, ['-v', 'error', '-nostdin', '-threads', '1', '-y', ...given, '-threads', '1', output], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return output
}
