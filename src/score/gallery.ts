import { cosine } from '../faces/index.ts'
import type { Picture } from '../picture/picture.ts'
import { psnr } from '../picture/psnr.ts'
import type { ClipAnalysis } from './analysis.ts'
import type { SourceIdentity } from './identity.ts'
import type { FramePair } from './lockstep.ts'
import { triptych } from './triptych.ts'

/** A frame worth showing: target | swapped | difference, side by side. */
export interface Shown {
  readonly frame: number
  readonly timeS: number
  /** The value that put it here; its unit depends on the list. */
  readonly value: number
  readonly picture: Picture
}

/** Keeps the few worst frames by one measure, apart in time so that they are not one moment several times. */
export class WorstFrames {
  readonly #most: number
  readonly #apartS: number
  #kept: Shown[] = []

  constructor(most: number, apartS: number) {
    this.#most = most
    this.#apartS = apartS
  }

  /** Worst first. */
  get frames(): readonly Shown[] {
    return this.#kept
  }

  /** Offers a frame; `draw` is called only when it is kept. Larger values are worse. */
  offer(value: number, { index, timeS }: FramePair, draw: () => Picture): void {
    const rivals = this.#kept.filter((other) => Math.abs(other.timeS - timeS) < this.#apartS)
    if (rivals.some((other) => other.value >= value)) return
    const rest = this.#kept.filter((other) => !rivals.includes(other))
    if (rest.length >= this.#most && rest.at(-1)!.value >= value) return
    const kept = [...rest, { frame: index, timeS, value, picture: draw() }].sort((p, q) => q.value - p.value)
    this.#kept = kept.slice(0, this.#most)
  }
}

/** The lists of the gallery: what is shown, worst first. */
export type Worst = Readonly<Record<'identity' | 'pose' | 'expression' | 'eyes' | 'background' | 'detection', readonly Shown[]>>

const SHOWN_WORST = 3
const SHOWN_TYPICAL = 6

/** Chooses the frames that the report shows, while they pass. */
export class Gallery {
  readonly #lists: Record<keyof Worst, WorstFrames>
  readonly typical: Shown[] = []
  readonly #stepFrames: number

  /** `frames`: that will pass, about, and how long they last. */
  constructor(frames: number, durationS: number) {
    const apartS = Math.min(1, durationS / 10)
    const list = () => new WorstFrames(SHOWN_WORST, apartS)
    this.#lists = { identity: list(), pose: list(), expression: list(), eyes: list(), background: list(), detection: list() }
    this.#stepFrames = frames / SHOWN_TYPICAL
  }

  /** Offers an analysed frame to every list; `passed`: how many came before it. */
  add(
    analysis: ClipAnalysis,
    source: SourceIdentity,
    added: Awaited<ReturnType<ClipAnalysis['add']>>,
    pair: FramePair,
    passed: number,
  ): void {
    const { measures, face } = added
    if (face === undefined) return
    const draw = () => triptych(pair, face.target)
    if (measures.pose !== undefined) this.#lists.pose.offer(measures.pose.total, pair, draw)
    if (measures.expression !== undefined) this.#lists.expression.offer(measures.expression.error, pair, draw)
    if (measures.eyes?.gaze != null) this.#lists.eyes.offer(measures.eyes.gaze.errorDegrees, pair, draw)
    if (measures.pixels?.outside != null) this.#lists.background.offer(-psnr(measures.pixels.outside), pair, draw)
    if (measures.traces !== undefined) this.#lists.detection.offer(measures.traces.swap, pair, draw)
    if (measures.described === undefined) return
    const { judge } = analysis.described[measures.described]!.swap
    this.#lists.identity.offer(-cosine(judge, source.reference.judge), pair, draw)
    const due = (this.typical.length + 0.5) * this.#stepFrames
    if (this.typical.length < SHOWN_TYPICAL && passed >= Math.floor(due)) {
      this.typical.push({ frame: pair.index, timeS: pair.timeS, value: 0, picture: draw() })
    }
  }

  /** What was chosen, worst first. */
  worst(): Worst {
    const { identity, pose, expression, eyes, background, detection } = this.#lists
    return {
      identity: identity.frames,
      pose: pose.frames,
      expression: expression.frames,
      eyes: eyes.frames,
      background: background.frames,
      detection: detection.frames,
    }
  }
}
