import type { Picture } from '../picture/picture.ts'
import type { YuvPicture } from '../picture/yuv.ts'
import { Queue } from '../work/queue.ts'
import { type Cut, cutFace, type FittedFace, fitFace } from './face.ts'
import type { SwapSession } from './session.ts'
import type { FaceTracker, Track } from './track.ts'
import { type View, viewOf } from './view.ts'
import { yuvView } from './yuvView.ts'

/** Faces that go through the generator at once. */
export const FACE_BATCH = 4
/** Frames that are looked at ahead of those being drawn. */
const AHEAD = 4

/** A frame as it comes in. */
export interface OpenFrame {
  /** Number in the clip. */
  readonly index: number
  readonly timeS: number
  readonly picture: Picture | YuvPicture
  /** Whether it is only looked at, so that what follows begins as if all before it had been rendered: its faces are not to be drawn. */
  readonly warm: boolean
}

/** A frame and the faces to draw into it. */
export interface RenderedFrame {
  readonly frame: OpenFrame
  readonly faces: readonly FittedFace[]
}

interface Planned {
  readonly frame: OpenFrame
  readonly cuts: readonly { readonly track: Track; readonly cut: Cut }[]
}

function viewFor(picture: Picture | YuvPicture): View {
  return 'format' in picture ? yuvView(picture) : viewOf(picture)
}

function part(data: Float32Array, index: number, length: number): Float32Array {
  return data.subarray(index * length, (index + 1) * length)
}

/** Looks at the frames in turn and cuts out the faces to replace. */
async function look(session: SwapSession, tracker: FaceTracker, frames: AsyncIterable<OpenFrame>, planned: Queue<Planned>): Promise<void> {
  for await (const frame of frames) {
    const view = viewFor(frame.picture)
    const tracks = await tracker.next(view.whole(), frame.index, frame.timeS)
    const cuts = tracks.map((track) => ({ track, cut: cutFace(view.whole(), track.landmarks, session.generator.sizePx) }))
    if (!(await planned.push({ frame, cuts }))) return
  }
}

/** Renders the faces of some frames, all at once. */
async function renderGroup({ generator, request }: SwapSession, group: readonly Planned[]): Promise<RenderedFrame[]> {
  const pixels = generator.sizePx * generator.sizePx
  const all = group.flatMap(({ cuts }) => cuts)
  const faces = new Float32Array(all.length * pixels * 3)
  for (const [index, { cut }] of all.entries()) faces.set(cut.rgb, index * pixels * 3)
  const made = all.length > 0 ? await generator.swap(faces) : undefined
  let next = 0
  return group.map(({ frame, cuts }) => {
    const fitted = cuts.map(({ track, cut }) => {
      const rendered = { rgb: part(made!.rgb, next, pixels * 3), mask: part(made!.mask, next, pixels) }
      next += 1
      return fitFace(cut, rendered, request.look, track.colours, frame.timeS)
    })
    return { frame, faces: fitted }
  })
}

/**
 * Renders the double for consecutive frames of one clip and hands them on in order; who draws is the caller. While some frames' faces go through the generator, the
 * next frames are looked at; no more than a few are held.
 */
export async function* renderFrames(
  session: SwapSession,
  tracker: FaceTracker,
  frames: AsyncIterable<OpenFrame>,
): AsyncGenerator<RenderedFrame, void, undefined> {
  const planned = new Queue<Planned>(AHEAD)
  const looking = look(session, tracker, frames, planned).then(
    () => planned.end(),
    (error: unknown) => planned.end({ error }),
  )
  let group: Planned[] = []
  const size = () => group.reduce((sum, { cuts }) => sum + cuts.length, 0)
  for await (const item of planned) {
    group.push(item)
    if (size() < FACE_BATCH && group.length < FACE_BATCH) continue
    yield* await renderGroup(session, group)
    group = []
  }
  await looking
  yield* await renderGroup(session, group)
}
