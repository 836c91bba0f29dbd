import type { ManifestSummary } from '../provenance/index.ts'

/** What a render made. */
export interface SwapResult {
  readonly output: string
  readonly frames: number
  /** Frames in which a face was replaced. */
  readonly swapped: number
  /** Frames that earlier calls, which did not come to the end, had rendered; absent: none. */
  readonly earlier?: number
  /** Frames rendered a second by this call. */
  readonly fps: number
  readonly manifest: ManifestSummary
  /** What the output lacks of the clip, or holds in another form. */
  readonly warnings: readonly string[]
}

/** Frames a second since `startMs`, as results and progress say it. */
export function rateOf(frames: number, startMs: number): number {
  return Math.round((10_000 * frames) / (performance.now() - startMs)) / 10
}
