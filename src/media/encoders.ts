import { DfkError } from '../work/errors.ts'
import type { Container } from './containers.ts'
import { ENCODER_NAMES, type EncoderName } from './encoderNames.ts'
import type { HdrLevels } from './hdr.ts'
import type { PipePixels } from './pixels.ts'
import type { PixelDetails } from './streams.ts'

/** Names that a user may ask for: an encoder of ffmpeg, the best one for the footage, ProRes, or H.264 without any loss. */
export type EncoderChoice = EncoderName | 'auto' | 'prores' | 'lossless'

type Chroma = 420 | 422 | 444
type Bits = 8 | 10 | 12

/** What an encoder can do, as far as dfk drives it. */
interface EncoderSpec {
  readonly containers: readonly Container[]
  /** Sample sizes by subsampling. */
  readonly pixels: Partial<Record<Chroma, readonly Bits[]>>
  /** Whether it halves chroma of odd sides. */
  readonly takesOdd: boolean
  /** How the encoder wants semi-planar 4:2:0, if it does; ffmpeg repacks, no sample changes. */
  readonly packed?: Partial<Record<Bits, string>>
  /** A step of a production, not a delivery: kept as near to the footage as can be, and never chosen unasked. */
  readonly isIntermediate?: boolean
  /** Finest tick that the codec can write, as a denominator. */
  readonly maxTicks?: number
  /** Whether its frames say that they are interlaced, and in which order. HEVC could only hold each field as a picture of its own, which players show as such. */
  readonly keepsFields?: boolean
  /** What it writes of what else the footage says of its picture. */
  readonly keeps?: { readonly levels?: boolean; readonly chromaLocation?: boolean }
}

const ANY: readonly Container[] = ['mp4', 'mov', 'matroska']
const EIGHT = { 420: [8] } as const
const DEEP = { 420: [8, 10] } as const
const NV12 = { 8: 'nv12', 10: 'p010le' } as const

const ENCODERS: Record<EncoderName, EncoderSpec> = {
  libx264: {
    ...{ containers: ANY, pixels: { 420: [8, 10], 422: [8, 10], 444: [8, 10] }, takesOdd: false },
    ...{ keepsFields: true, keeps: { chromaLocation: true } },
  },
  libx265: {
    ...{ containers: ANY, pixels: { 420: [8, 10, 12], 422: [8, 10, 12], 444: [8, 10, 12] }, takesOdd: false },
    keeps: { levels: true, chromaLocation: true },
  },
  h264_videotoolbox: { containers: ANY, pixels: EIGHT, takesOdd: false, packed: NV12 },
  h264_nvenc: { containers: ANY, pixels: { 420: [8], 444: [8] }, takesOdd: false },
  h264_qsv: { containers: ANY, pixels: EIGHT, takesOdd: false, packed: NV12 },
  h264_amf: { containers: ANY, pixels: EIGHT, takesOdd: false, packed: NV12 },
  h264_mf: { containers: ANY, pixels: EIGHT, takesOdd: false, packed: NV12 },
  h264_vaapi: { containers: ANY, pixels: EIGHT, takesOdd: false, packed: NV12 },
  libopenh264: { containers: ANY, pixels: EIGHT, takesOdd: false },
  hevc_nvenc: { containers: ANY, pixels: { 420: [8, 10], 444: [8] }, takesOdd: false, packed: { 10: 'p010le' } },
  hevc_videotoolbox: { containers: ANY, pixels: DEEP, takesOdd: false, packed: NV12 },
  hevc_qsv: { containers: ANY, pixels: DEEP, takesOdd: false, packed: NV12 },
  hevc_amf: { containers: ANY, pixels: EIGHT, takesOdd: false, packed: NV12 },
  hevc_vaapi: { containers: ANY, pixels: DEEP, takesOdd: false, packed: NV12 },
  'libvpx-vp9': {
    containers: ['webm', 'matroska', 'mp4'],
    pixels: { 420: [8, 10, 12], 422: [8, 10, 12], 444: [8, 10, 12] },
    takesOdd: true,
  },
  libsvtav1: { containers: ['webm', 'matroska', 'mp4'], pixels: { 420: [8, 10] }, takesOdd: false },
  'libaom-av1': {
    containers: ['webm', 'matroska', 'mp4'],
    pixels: { 420: [8, 10, 12], 422: [8, 10, 12], 444: [8, 10, 12] },
    takesOdd: true,
  },
  prores_ks: {
    ...{ containers: ['mov', 'matroska'], pixels: { 422: [10], 444: [10] }, takesOdd: true, isIntermediate: true },
    keepsFields: true,
  },
  ffv1: {
    ...{ containers: ['matroska'], takesOdd: true, isIntermediate: true, keepsFields: true },
    pixels: { 420: [8, 10, 12], 422: [8, 10, 12], 444: [8, 10, 12] },
  },
  mpeg4: { containers: ANY, pixels: EIGHT, takesOdd: true, maxTicks: 65_535, keepsFields: true },
}

/** What `auto` may choose, best first. VP9 and AV1 are for WebM: of any other name H.264 or HEVC is expected. */
function deliveryFor(container: Container, bits: Bits, isInterlaced: boolean): readonly EncoderName[] {
  const isWeb = (name: EncoderName) => ENCODERS[name].containers.includes('webm')
  const fitting = ENCODER_NAMES.filter((name) => ENCODERS[name].isIntermediate !== true && isWeb(name) === (container === 'webm'))
  if (isInterlaced && container !== 'webm') return fitting.filter((name) => ENCODERS[name].keepsFields)
  // Players and phones decode HEVC Main 10 in hardware and H.264 High 10 hardly anywhere.
  return bits > 8 && container !== 'webm' ? ['libx265', ...fitting] : fitting
}

/** Bits that a render of such footage should have. */
function bitsOf(source: PixelDetails | undefined): Bits {
  const bits = source?.bits ?? 8
  return bits <= 8 ? 8 : bits <= 10 ? 10 : 12
}

/** Throws DfkError for an encoder whose frames would not say that they are interlaced: players would show both fields at once. */
function requireFields(encoder: EncoderName, container: Container): void {
  if (ENCODERS[encoder].keepsFields) return
  const keep = container === 'webm' ? 'name the output .mp4, .mov or .mkv' : 'choose --encoder libx264, or prores for a .mov'
  throw new DfkError(`expected progressive footage for ${encoder}, which does not keep fields, but found interlaced`, {
    hint: `${keep}, or deinterlace it first: ffmpeg -i clip -vf bwdif -crf 12 progressive.mkv`,
  })
}

/** The encoder for a container and such footage, of those that this ffmpeg has. Throws DfkError where it lacks it, the container cannot hold it, or it cannot hold the footage. */
export function chooseEncoder(
  asked: EncoderChoice,
  container: Container,
  available: readonly EncoderName[],
  source?: PixelDetails | undefined,
  isInterlaced = false,
): EncoderName {
  const named = asked === 'prores' ? 'prores_ks' : asked === 'lossless' ? 'libx264' : asked
  const wanted = named === 'auto' ? deliveryFor(container, bitsOf(source), isInterlaced) : [named]
  const chosen = wanted.find((name) => available.includes(name))
  if (chosen === undefined)
    throw new DfkError(`expected an ffmpeg with the encoder ${wanted[0]} but it has ${available.join(', ') || 'none that dfk knows'}`, {
      hint: 'choose one of those with --encoder, or set FFMPEG_PATH to a fuller ffmpeg',
    })
  const { containers } = ENCODERS[chosen]
  if (!containers.includes(container))
    throw new DfkError(`expected a container for ${chosen} but ${container} does not hold what it writes`, {
      hint: `name the output ${containers.map((name) => `.${name === 'matroska' ? 'mkv' : name}`).join(' or ')}, or choose another --encoder`,
    })
  if (isInterlaced) requireFields(chosen, container)
  return chosen
}

/** The samples that go through the pipes and into the encoder. */
export interface PixelChoice {
  readonly bits: Bits
  readonly chroma: Chroma
  /** Planar format of both pipes, such as `yuv422p10le`. */
  readonly pipe: PipePixels
  /** Format that the encoder is given; the same samples, at most packed otherwise. */
  readonly encode: string
}

const CHROMA: Record<PixelDetails['chroma'], Chroma> = { 400: 420, 410: 420, 411: 422, 420: 420, 422: 422, 440: 444, 444: 444 }

/** Nearest of what an encoder has: the same or the next more, else the most. */
function nearest<T extends number>(wanted: T, offered: readonly T[]): T {
  const sorted = [...offered].sort((a, b) => a - b)
  return sorted.find((value) => value >= wanted) ?? sorted.at(-1)!
}

/**
 * Decides in which samples footage is rendered: the footage's own where the encoder can, so that untouched pixels are not converted.
 * RGB becomes 4:2:0 for delivery and 4:4:4 for the next step of a production; odd sides keep full chroma where an encoder cannot halve it.
 */
export function choosePixels(source: PixelDetails | undefined, encoder: EncoderName, width: number, height: number): PixelChoice {
  const { pixels, takesOdd, isIntermediate = false, packed } = ENCODERS[encoder]
  const offered = Object.keys(pixels).map(Number) as Chroma[]
  const wanted = source?.model === 'rgb' ? (isIntermediate ? 444 : 420) : source === undefined ? 420 : CHROMA[source.chroma]
  const fitsHalf = (chroma: Chroma) => takesOdd || ((chroma === 444 || width % 2 === 0) && (chroma !== 420 || height % 2 === 0))
  const possible = offered.filter(fitsHalf)
  if (possible.length === 0)
    throw new DfkError(`expected even sides for ${encoder} but found ${width}×${height}`, {
      hint: 'choose --encoder libx264 or libvpx-vp9',
    })
  const chroma = nearest(wanted, possible)
  const bits = nearest(bitsOf(source), pixels[chroma]!)
  const pipe: PipePixels = `yuv${chroma}p${bits === 8 ? '' : (`${bits}le` as const)}`
  return { bits, chroma, pipe, encode: packed?.[bits] ?? pipe }
}

/** What else the footage says of its picture, split by whether an encoder writes it. */
interface Told {
  /** For the encoder, as far as it writes it. */
  readonly kept: { readonly hdr?: HdrLevels; readonly chromaLocation?: string }
  /** What is not written, in words; undefined where all is. */
  readonly lost?: readonly string[] | undefined
}

/** What footage says of its picture beside its samples. */
interface Graded {
  readonly hdr?: HdrLevels | undefined
  readonly dynamicHdr?: readonly string[] | undefined
  readonly chromaLocation?: string | undefined
}

/** Decides what an encoder is told of display, light and place of chroma, and what is lost with it. */
export function tellEncoder(encoder: EncoderName, { hdr, dynamicHdr = [], chromaLocation }: Graded, isHalved: boolean): Told {
  const { keeps = {} } = ENCODERS[encoder]
  // Only 4:2:0 leaves a choice, and players take it for `left`.
  const place = isHalved && chromaLocation !== 'left' ? chromaLocation : undefined
  const lost = [
    ...(hdr?.display !== undefined && !keeps.levels ? ['the mastering display (SMPTE ST 2086) is left out'] : []),
    ...(hdr?.light !== undefined && !keeps.levels ? ['the light levels (MaxCLL, MaxFALL) are left out'] : []),
    // No encoder is told them: they were measured on the frames as they were.
    ...dynamicHdr.map((name) => `the dynamic metadata of ${name} are left out`),
    ...(place !== undefined && !keeps.chromaLocation ? [`chroma at ${place} becomes left`] : []),
  ]
  return {
    kept: { ...(hdr && keeps.levels && { hdr }), ...(place !== undefined && keeps.chromaLocation && { chromaLocation: place }) },
    ...(lost.length > 0 && { lost }),
  }
}

/** Says what of the footage's samples, and of what it says of them, an encoder does not keep; undefined where it keeps all. */
export function pixelsLost(
  source: PixelDetails | undefined,
  choice: Pick<PixelChoice, 'bits' | 'chroma'> & Pick<Told, 'lost'>,
): string | undefined {
  if (source === undefined) return undefined
  const lost = [
    ...(source.bits > choice.bits ? [`${source.bits} bits become ${choice.bits}`] : []),
    ...(source.model !== 'gray' && Number(source.chroma) > choice.chroma
      ? [`4:${[...String(source.chroma)].slice(1).join(':')} becomes 4:${[...String(choice.chroma)].slice(1).join(':')}`]
      : []),
    ...(source.hasAlpha ? ['transparency is left out'] : []),
    ...(choice.lost ?? []),
  ]
  return lost.length === 0 ? undefined : lost.join(', ')
}

/** Ticks a second to encode with: the footage's, as far as the codec can write them. */
export function ticksFor(encoder: EncoderName, timeBase: { readonly num: number; readonly den: number }): { num: number; den: number } {
  const { maxTicks } = ENCODERS[encoder]
  return maxTicks === undefined || timeBase.den <= maxTicks ? { ...timeBase } : { num: 1, den: 30_000 }
}
