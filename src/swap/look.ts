import { LeftoverMemory } from './again.ts'
import { ColourMatcher, type ColourTransfer } from './colour.ts'
import { DetailMatcher } from './detail.ts'
import { GrainMatcher } from './grain.ts'
import type { MaskShape } from './mask.ts'
import { OcclusionMemory } from './occlusion.ts'
import { SoftnessMatcher } from './softness.ts'

/** How the face meets the footage: `feather`: a soft border along which their colours are matched; `pyramid`: in bands; `poisson`: by its gradients. */
export const BLENDS = ['feather', 'pyramid', 'poisson'] as const
type Blend = (typeof BLENDS)[number]

/** How rendered faces are fitted into the footage. */
export interface Look {
  /** How far the face is moved on to where the footage's landmarks say, 0–1. */
  readonly retarget: number
  readonly mask: MaskShape
  /** How far things in front of the face are let through, 0–1. */
  readonly occlusion: number
  /** How far hair on the forehead, the source's or the target's, is left to the footage, 0–1. */
  readonly hair: number
  readonly colour: ColourTransfer
  readonly blend: Blend
  /** How far the face takes on the footage's own sharpness and blur, 0–1. */
  readonly detail: number
  /** Sharpens beyond that; 0: not at all; `auto`: as far as the face is softer than the footage's own, within limits. */
  readonly sharpen: number | 'auto'
  /** How far a face that is larger in the frame than its generator draws it is made finer by the enhancer, 0–1. */
  readonly enhance: number
  /** Share of the footage's grain that is laid over the face, 0–1. */
  readonly grain: number
}

/** What is kept of one person's face from frame to frame; all of it fades within a second. */
export class FaceMemory {
  readonly colours: ColourMatcher
  readonly occlusion = new OcclusionMemory()
  readonly detail = new DetailMatcher()
  readonly softness = new SoftnessMatcher()
  readonly grain = new GrainMatcher()
  readonly leftover = new LeftoverMemory()

  constructor({ colour }: Pick<Look, 'colour'>) {
    this.colours = new ColourMatcher(colour)
  }
}
