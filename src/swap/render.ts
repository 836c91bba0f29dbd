import type { Picture } from '../picture/picture.ts'
import type { TrackedFrame, ViewedFrame } from './ahead.ts'
import type { TrackedFace } from './bridge.ts'
import { ColourMatcher } from './colour.ts'
import { type Cut, cutFace, placeFace } from './face.ts'
import type { SwapSession } from './session.ts'

/** A frame as it comes in; rendering draws into its pixels. */
export interface OpenFrame extends ViewedFrame {
  readonly picture: Picture
}

interface Planned {
  readonly frame: OpenFrame
  readonly face: TrackedFace
  readonly cut: Cut
}

/** Colours of everybody met in a clip, averaged over time: by the ids of their appearances. */
export type Colours = Map<number, ColourMatcher>

function part(data: Float32Array, index: number, length: number): Float32Array {
  return data.subarray(index * length, (index + 1) * length)
}

/** Renders the doubles into consecutive frames of one clip, in place; all faces of a run go through its generator together. Returns the frames in which a face was replaced. */
export async function renderFrames(
  session: SwapSession,
  colours: Colours,
  frames: readonly TrackedFrame<OpenFrame>[],
): Promise<Set<OpenFrame>> {
  const swapped = new Set<OpenFrame>()
  for (const [run, generator] of session.generators) {
    const { sizePx } = generator
    const planned: Planned[] = frames.flatMap(({ frame, faces }) =>
      faces
        .filter(({ member }) => member.run === run)
        .map((face) => ({ frame, face, cut: cutFace(frame.picture, face.landmarks, sizePx) })),
    )
    if (planned.length === 0) continue
    const pixels = sizePx * sizePx
    const input = new Float32Array(planned.length * pixels * 3)
    for (const [index, { cut }] of planned.entries()) input.set(cut.rgb, index * pixels * 3)
    const { rgb, mask } = await generator.swap(input)
    for (const [index, { frame, face, cut }] of planned.entries()) {
      const rendered = { rgb: part(rgb, index, pixels * 3), mask: part(mask, index, pixels) }
      const matcher = colours.get(face.id) ?? new ColourMatcher(session.request.colour)
      colours.set(face.id, matcher)
      placeFace(frame.picture, cut, rendered, { ...session.request.look, strength: face.strength }, matcher, frame.timeS)
      swapped.add(frame)
    }
  }
  return swapped
}
