/** What one line of ffmpeg's log may say about the footage. */
export const DAMAGE_SIGNS = ['truncated', 'unreadable', 'concealed', 'lost'] as const
type DamageSign = (typeof DAMAGE_SIGNS)[number]

/** What is wrong with footage that was decoded all the same. */
export interface Damage {
  /** Whether its end is missing. */
  readonly isTruncated: boolean
  /** Pictures that the decoder filled in where data were damaged. */
  readonly concealed: number
  /** Pictures that came to nothing, as far as the decoder said so. */
  readonly lost: number
  /** Frames that the container counts and nobody could decode; 0 where it does not count. */
  readonly missing: number
  /** Where it was noticed, in seconds of the clip, neighbouring places joined; decoders notice a few frames late. */
  readonly spans: readonly { readonly fromS: number; readonly toS: number }[]
}

// Decoders work ahead of what comes out by their threads and their reordering: a sign belongs to a place up to this far away.
const APART_S = 1

const DEMUXER = String.raw`\[(?:mov|matroska|avi|mpeg|mpegts|asf|flv|ogg|nut|mxf|in#)[^\]]*\]`
const SIGNS: readonly (readonly [RegExp, DamageSign])[] = [
  [/moov atom not found|partial file|File ended prematurely|Truncating packet|Packet corrupt.*EOF/i, 'truncated'],
  [new RegExp(`${DEMUXER}.*Read error`, 'i'), 'truncated'],
  [/Packet corrupt|corrupt input packet|Invalid (?:EBML|element) /i, 'unreadable'],
  [/concealing \d+ DC/i, 'concealed'],
  [/Error while decoding stream|Error submitting (?:a )?packet to decoder|error submitting packet/i, 'lost'],
]

/** Tells what a line of ffmpeg's log says about the footage; undefined for any other. Builds from 2018 to 7.x say it so. */
export function damageSign(line: string): DamageSign | undefined {
  return SIGNS.find(([pattern]) => pattern.test(line))?.[1]
}

/** A sign, and where in the clip decoding was when it came, in seconds. */
export interface DamageNote {
  readonly sign: DamageSign
  readonly timeS: number
}

/** Gathers signs of damage from ffmpeg's log while it decodes. */
export class DamageLog {
  readonly #notes: DamageNote[]
  /** Of earlier readings. */
  readonly #before: readonly DamageNote[]
  #timeS = 0

  /** `before`: what earlier readings of the clip noted; where they have been, it is not noted again. */
  constructor(before: readonly DamageNote[] = []) {
    this.#before = before
    this.#notes = [...before]
  }

  /** Tells how far decoding has come, in seconds of the clip. */
  reach(timeS: number): void {
    if (Number.isFinite(timeS)) this.#timeS = timeS
  }

  /** Takes in one line of ffmpeg's log. */
  read(line: string): void {
    const sign = damageSign(line)
    if (sign === undefined) return
    if (this.#before.some((note) => note.sign === sign && Math.abs(note.timeS - this.#timeS) <= APART_S)) return
    this.#notes.push({ sign, timeS: this.#timeS })
  }

  /** What was noted in a part of the clip, both ends included. */
  between(fromS: number, toS: number): DamageNote[] {
    return this.#notes.filter(({ timeS }) => timeS >= fromS && timeS <= toS)
  }

  /** The damage, once all is decoded; undefined where there was none. `expected` frames by the container's count, 0 where it has none. */
  finish(decoded: number, expected: number): Damage | undefined {
    const missing = Math.max(0, expected - decoded)
    if (this.#notes.length + missing === 0) return undefined
    const count = (wanted: DamageSign) => this.#notes.filter(({ sign }) => sign === wanted).length
    const isTruncated = count('truncated') > 0
    return { isTruncated, concealed: count('concealed'), lost: count('lost'), missing, spans: spansOf(this.#notes) }
  }
}

/** Where notes were taken, neighbouring places joined. */
function spansOf(notes: readonly DamageNote[]): { fromS: number; toS: number }[] {
  const spans: { fromS: number; toS: number }[] = []
  for (const timeS of notes.map((note) => note.timeS).sort((a, b) => a - b)) {
    const last = spans.at(-1)
    if (last !== undefined && timeS - last.toS <= APART_S) last.toS = timeS
    else spans.push({ fromS: timeS, toS: timeS })
  }
  return spans
}

function clock(timeS: number): string {
  const minutes = Math.floor(timeS / 60)
  return `${minutes}:${(timeS - 60 * minutes).toFixed(1).padStart(4, '0')}`
}

/** Damage in one line for the user, such as `the end is missing (41 frames); 2 damaged frames near 0:01.6`. */
export function describeDamage({ isTruncated, concealed, lost, missing, spans }: Damage): string {
  const many = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
  const damaged = concealed + lost
  const places = spans.slice(0, 5).map(({ fromS, toS }) => (toS - fromS < 0.1 ? clock(fromS) : `${clock(fromS)} to ${clock(toS)}`))
  const where =
    places.length === 0 ? '' : ` near ${places.join(', ')}${spans.length > 5 ? ` and ${many(spans.length - 5, 'other place')}` : ''}`
  const said = [
    ...(isTruncated ? [`the end is missing${missing > 0 ? ` (${many(missing, 'frame')})` : ''}`] : []),
    ...(!isTruncated && missing > 0 ? [`${many(missing, 'frame')} could not be decoded`] : []),
    ...(damaged > 0 ? [`${many(damaged, 'damaged frame')}${where}`] : !isTruncated && spans.length > 0 ? [`damaged data${where}`] : []),
  ]
  return said.join('; ')
}
