import type { EncoderChoice } from '../media/index.ts'
import type { LayersPlan } from './layers.ts'
import type { TimeRange } from './range.ts'

/** Presets of x264 and x265, fastest first. */
type EncoderPreset = 'ultrafast' | 'superfast' | 'veryfast' | 'faster' | 'fast' | 'medium' | 'slow' | 'slower' | 'veryslow'

/** How a video is encoded, and how much of it is rendered. */
export interface RenderOptions {
  readonly encoder: EncoderChoice
  /** 0 (best) to 51. */
  readonly quality: number
  /** Of x264 and x265: how much work is spent on a smaller file. */
  readonly preset: EncoderPreset
  readonly range: TimeRange
  /** Render so many frames onto a sheet instead. */
  readonly preview: number | undefined
  /** Frames of a segment. */
  readonly segment: number
  /** Plates for compositors, and the folder that they go to. */
  readonly layers?: (LayersPlan & { readonly folder: string }) | undefined
}
