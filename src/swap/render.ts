import { drawPatch } from '../picture/compose.ts'
import type { Picture } from '../picture/picture.ts'
import { type Cut, cutFace } from './cut.ts'
import { fitFace } from './face.ts'
import type { SwapSession } from './session.ts'
import type { FaceTracker, Track } from './track.ts'
import { viewOf } from './view.ts'

/** A frame as it comes in; rendering draws into its pixels. */
export interface OpenFrame {
  readonly index: number
  readonly timeS: number
  readonly picture: Picture
}

interface Planned {
  readonly frame: OpenFrame
  readonly track: Track
  readonly cut: Cut
}

function part(data: Float32Array, index: number, length: number): Float32Array {
  return data.subarray(index * length, (index + 1) * length)
}

/** Renders the double into consecutive frames of one clip, in place; all their faces go through the generator together. Returns the frames in which a face was replaced. */
export async function renderFrames(session: SwapSession, tracker: FaceTracker, frames: readonly OpenFrame[]): Promise<Set<OpenFrame>> {
  const { generator, request } = session
  const { sizePx } = generator
  const planned: Planned[] = []
  for (const frame of frames) {
    const tracks = await tracker.next(frame.picture, frame.index, frame.timeS)
    for (const track of tracks) planned.push({ frame, track, cut: cutFace(viewOf(frame.picture), track.landmarks, sizePx) })
  }
  const swapped = new Set<OpenFrame>()
  if (planned.length === 0) return swapped
  const pixels = sizePx * sizePx
  const faces = new Float32Array(planned.length * pixels * 3)
  for (const [index, { cut }] of planned.entries()) faces.set(cut.rgb, index * pixels * 3)
  const { rgb, mask, own } = await generator.swap(faces)
  for (const [index, { frame, track, cut }] of planned.entries()) {
    const rendered = { rgb: part(rgb, index, pixels * 3), mask: part(mask, index, pixels), own: own && part(own, index, pixels * 3) }
    const patch = fitFace(cut, rendered, request.look, track.memory, frame.timeS)
    drawPatch(frame.picture, patch, patch.matrix)
    swapped.add(frame)
  }
  return swapped
}
