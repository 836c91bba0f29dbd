import { composeAffine } from '../picture/affine.ts'
import { drawPatch } from '../picture/compose.ts'
import type { Affine, Picture } from '../picture/picture.ts'
import type { YuvFormat, YuvPicture } from '../picture/yuv.ts'
import { drawLayer, layerOf } from '../picture/yuvDraw.ts'
import { Queue } from '../work/queue.ts'
import { type Cut, cutFace, type FittedFace, fitFace } from './face.ts'
import type { SwapSession } from './session.ts'
import { optionsAt } from './shots.ts'
import type { Tracker } from './shotTracker.ts'
import type { Track } from './track.ts'
import { type View, viewOf } from './view.ts'
import { yuvView } from './yuvView.ts'

/** Faces that go through the generator at once. */
export const FACE_BATCH = 4
/** Frames that are looked at ahead of those being drawn. */
const AHEAD = 4

/** A frame as it comes in; rendering draws into its pixels. */
export interface OpenFrame {
  /** Number in the clip. */
  readonly index: number
  readonly timeS: number
  readonly picture: Picture | YuvPicture
  /** Whether it is only looked at, so that what follows begins as if all before it had been rendered: nothing is drawn. */
  readonly warm: boolean
}

/** Where a face was found in a frame, in square pixels. */
export type FacePlace = Pick<Track, 'landmarks' | 'box'>

/** A frame and the faces that were drawn into it. */
export interface RenderedFrame {
  readonly frame: OpenFrame
  readonly faces: readonly FittedFace[]
  /** Where each of them was found. */
  readonly places: readonly FacePlace[]
}

interface Planned {
  readonly frame: OpenFrame
  /** The track moves on with the frames that follow: what it says of this one is kept beside it. */
  readonly cuts: readonly { readonly track: Track; readonly place: FacePlace; readonly cut: Cut }[]
}

function viewFor(picture: Picture | YuvPicture): View {
  return 'format' in picture ? yuvView(picture) : viewOf(picture)
}

function part(data: Float32Array, index: number, length: number): Float32Array {
  return data.subarray(index * length, (index + 1) * length)
}

/** Looks at the frames in turn and cuts out the faces to replace. */
async function look(session: SwapSession, tracker: Tracker, frames: AsyncIterable<OpenFrame>, planned: Queue<Planned>): Promise<void> {
  for await (const frame of frames) {
    const view = viewFor(frame.picture)
    const tracks = await tracker.next(view.whole(), frame.index, frame.timeS)
    const cuts = tracks.map((track) => {
      const { landmarks, box } = track
      return { track, place: { landmarks, box }, cut: cutFace(view.whole(), landmarks, session.generator.sizePx) }
    })
    if (!(await planned.push({ frame, cuts }))) return
  }
}

/** From a frame's own pixels to where `matrix` brings its square ones. */
export function frameMatrix(matrix: Affine, { width, sar }: YuvFormat): Affine {
  return composeAffine(matrix, { a: Math.max(1, Math.round(width * sar)) / width, b: 0, tx: 0, c: 0, d: 1, ty: 0 })
}

/** Lays a fitted face over a frame, in place. */
function drawFace(picture: Picture | YuvPicture, face: FittedFace): void {
  if (!('format' in picture)) {
    drawPatch(picture, face, face.matrix)
    return
  }
  const { format } = picture
  const layer = layerOf(face, frameMatrix(face.matrix, format), format.width, format.height)
  if (layer !== undefined) drawLayer(picture, layer)
}

/** A face of which only so much shows. */
function faded(face: FittedFace, strength: number): FittedFace {
  if (strength === 1) return face
  return { ...face, mask: { ...face.mask, data: face.mask.data.map((value) => value * strength) } }
}

/** Renders the faces of some frames, all at once, and draws them. */
async function renderGroup({ generator, request }: SwapSession, group: readonly Planned[]): Promise<RenderedFrame[]> {
  const pixels = generator.sizePx * generator.sizePx
  const all = group.flatMap(({ cuts }) => cuts)
  const faces = new Float32Array(all.length * pixels * 3)
  for (const [index, { cut }] of all.entries()) faces.set(cut.rgb, index * pixels * 3)
  const made = all.length > 0 ? await generator.swap(faces) : undefined
  let next = 0
  return group.map(({ frame, cuts }) => {
    const { look, strength } = optionsAt(request, frame)
    const fitted = cuts.map(({ track, cut }) => {
      const rendered = { rgb: part(made!.rgb, next, pixels * 3), mask: part(made!.mask, next, pixels) }
      next += 1
      return faded(fitFace(cut, rendered, look, track.colours, frame.timeS), strength)
    })
    if (!frame.warm) for (const face of fitted) drawFace(frame.picture, face)
    return { frame, faces: fitted, places: cuts.map(({ place }) => place) }
  })
}

/**
 * Renders the double into consecutive frames of one clip, in place, and hands them on in order. While some frames' faces go through the generator, the next frames
 * are looked at; no more than a few are held.
 */
export async function* renderFrames(
  session: SwapSession,
  tracker: Tracker,
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
