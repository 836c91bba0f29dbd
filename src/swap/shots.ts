import type { FaceChoice } from './cast.ts'
import type { Look } from './look.ts'

/** Everything that may be asked for differently from frame to frame. */
export interface FrameOptions {
  /** Whether faces are replaced at all. */
  readonly on: boolean
  readonly choice: FaceChoice
  /** Farthest descriptor distance of a face taken for the target. */
  readonly threshold: number
  readonly look: Look
  /** How much of the face shows, 0–1. */
  readonly strength: number
  /** Draw the visible label; `undefined`: as the session does. */
  readonly label: boolean | undefined
}

/** Which frames of a clip: by number from 0, both ends included, or by time, the end excluded. */
export type Span =
  | { readonly first: number; readonly last: number; readonly fromS?: undefined }
  | { readonly fromS: number; readonly toS: number; readonly first?: undefined }

/** A part of a clip with options of its own. */
export interface Shot {
  readonly span: Span
  readonly options: FrameOptions
}

/** What a whole clip is asked for, and the parts of it that are asked otherwise. */
export interface ClipOptions extends Omit<FrameOptions, 'on' | 'strength'> {
  readonly shots: readonly Shot[]
}

function covers(span: Span, { index, timeS }: { index: number; timeS: number }): boolean {
  return span.fromS === undefined ? index >= span.first && index <= span.last : timeS >= span.fromS && timeS < span.toS
}

/** How faces are fitted into a clip: the way that holds where no shot says otherwise, then each shot's. */
export function looksOf({ look, shots }: Pick<ClipOptions, 'look' | 'shots'>): Look[] {
  return [look, ...shots.map(({ options }) => options.look)]
}

/** Whether anything would be seen of a face in a frame. */
export function showsFaces({ on, strength }: Pick<FrameOptions, 'on' | 'strength'>): boolean {
  return on && strength > 0
}

/** What is asked for one frame, by its number and its time: the last shot that covers it decides, with all its options. */
export function optionsAt(clip: ClipOptions, frame: { readonly index: number; readonly timeS: number }): FrameOptions {
  const shot = clip.shots.findLast(({ span }) => covers(span, frame))
  if (shot !== undefined) return shot.options
  const { choice, threshold, look, label } = clip
  return { on: true, choice, threshold, look, strength: 1, label }
}
