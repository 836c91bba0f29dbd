import { alignedPoints } from '../faces/index.ts'
import { withLeftover } from '../models/retarget.ts'
import type { Picture } from '../picture/picture.ts'
import type { YuvPicture } from '../picture/yuv.ts'
import type { Generator, SwappedFaces } from '../store/generator.ts'
import { timed } from '../work/clock.ts'
import { Queue } from '../work/queue.ts'
import { lookAgain } from './again.ts'
import { trackFrames } from './ahead.ts'
import type { TrackedFace } from './bridge.ts'
import { type Cut, cutFace } from './cut.ts'
import { enhanceFaces } from './enhancer.ts'
import { joinFace, type RenderedFace, textureFace, wantsFine } from './face.ts'
import type { FittedFace } from './fitted.ts'
import { FaceMemory } from './look.ts'
import { OcclusionLooks } from './occlusion.ts'
import type { SwapSession } from './session.ts'
import { optionsAt } from './shots.ts'
import type { Tracker } from './shotTracker.ts'
import { type View, viewOf } from './view.ts'
import { yuvView } from './yuvView.ts'

/** Faces that go through a generator at once. */
export const FACE_BATCH = 4
/** Frames that are rendered together: at half of them one looks for what is in front of a face, which is another program. */
const GROUP = 2 * FACE_BATCH
/** Frames whose faces are cut out ahead of those being rendered. */
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
  /** Who and where each of them is. */
  readonly places: readonly TrackedFace[]
}

interface PlannedCut {
  readonly face: TrackedFace
  readonly cut: Cut
  /** Whether to draw the target's own face as well, which tells what is in front of it. */
  readonly wantsOwn: boolean
}

interface Planned {
  readonly frame: OpenFrame
  readonly cuts: readonly PlannedCut[]
}

/** What is kept of everybody met in a clip from frame to frame, by the ids of their appearances. */
type Memories = Map<number, FaceMemory>

interface Viewed extends OpenFrame {
  readonly view: View
}

async function* viewed(frames: AsyncIterable<OpenFrame>): AsyncGenerator<Viewed, void, undefined> {
  for await (const frame of frames) {
    const { picture } = frame
    yield { ...frame, view: 'format' in picture ? yuvView(picture) : viewOf(picture) }
  }
}

function part(data: Float32Array, index: number, length: number): Float32Array {
  return data.subarray(index * length, (index + 1) * length)
}

/** Looks at the frames in turn and cuts out the faces to replace. */
async function look(session: SwapSession, tracker: Tracker, frames: AsyncIterable<OpenFrame>, planned: Queue<Planned>): Promise<void> {
  const looks = new OcclusionLooks()
  for await (const { frame, faces } of trackFrames(viewed(frames), tracker)) {
    const { look } = optionsAt(session.request, frame)
    const isFine = wantsFine(look, frame.index)
    const cutOut = (face: TrackedFace) => {
      const { sizePx, displacements } = session.generators.get(face.member.run)!
      const cut = cutFace(frame.view, face.landmarks, sizePx, isFine, look.enhance)
      if (displacements === undefined || look.retarget === 0) return cut
      return { ...cut, move: displacements(alignedPoints(face.landmarks, cut.matrix, sizePx)) }
    }
    const wantsOwn = ({ id }: TrackedFace) => look.occlusion > 0 && looks.isDue(id, frame.index, frame.timeS)
    const cuts = timed(session.clock, 'cut', () => faces.map((face) => ({ face, cut: cutOut(face), wantsOwn: wantsOwn(face) })))
    if (!(await planned.push({ frame, cuts }))) return
  }
}

/** A face of which only `strength`, 0–1, shows. */
function faded(face: FittedFace, strength: number): FittedFace {
  if (strength >= 1) return face
  return { ...face, mask: { ...face.mask, data: face.mask.data.map((value) => value * strength) } }
}

/** Sends faces through a generator, those that want the target's own face as well apart from the others. */
async function generateFaces<T extends PlannedCut>(generator: Generator, all: readonly T[]): Promise<Map<T, SwappedFaces>> {
  const pixels = generator.sizePx * generator.sizePx
  const made = new Map<T, SwappedFaces>()
  for (const withOwn of [true, false]) {
    const some = all.filter(({ wantsOwn }) => wantsOwn === withOwn)
    if (some.length === 0) continue
    const faces = new Float32Array(some.length * pixels * 3)
    for (const [index, { cut }] of some.entries()) faces.set(cut.rgb, index * pixels * 3)
    const { rgb, mask, own } = await generator.swap(faces, withOwn)
    for (const [index, face] of some.entries()) {
      const whole = { rgb: part(rgb, index, pixels * 3), mask: part(mask, index, pixels) }
      made.set(face, own === undefined ? whole : { ...whole, own: part(own, index, pixels * 3) })
    }
  }
  return made
}

/** A face of some frames that its generator has drawn. */
interface DrawnCut {
  readonly frame: OpenFrame
  readonly face: TrackedFace
  readonly cut: Cut
  readonly rendered: RenderedFace
}

/** Some frames, and their faces as each run's generator draws them. */
interface DrawnGroup {
  readonly group: readonly Planned[]
  readonly drawn: readonly (readonly [Generator, readonly DrawnCut[]])[]
}

/** Draws the faces of some frames, all of a run at once, and sees what is in front of those of which the target's own is drawn too. */
async function drawGroup({ generators, occlusion, clock }: SwapSession, group: readonly Planned[]): Promise<DrawnGroup> {
  const drawn: [Generator, DrawnCut[]][] = []
  for (const [run, generator] of generators) {
    const all = group.flatMap(({ frame, cuts }) => cuts.filter(({ face }) => face.member.run === run).map((each) => ({ ...each, frame })))
    if (all.length === 0) continue
    const made = await timed(clock, 'generate', () => generateFaces(generator, all))
    drawn.push([generator, all.map((each) => ({ ...each, rendered: made.get(each)! }))])
  }
  const asked = drawn.flatMap(([, faces]) => faces).filter(({ rendered }) => rendered.own !== undefined)
  if (occlusion === undefined || asked.length === 0) return { group, drawn }
  const found = await timed(clock, 'occlusion', () => occlusion.find(asked.map(({ cut }) => cut)))
  const covered = new Map(asked.map(({ cut }, index) => [cut, found[index]]))
  const withCovered = (each: DrawnCut): DrawnCut => ({ ...each, rendered: { ...each.rendered, covered: covered.get(each.cut) } })
  return { group, drawn: drawn.map(([generator, faces]) => [generator, faces.map(withCovered)]) }
}

/** What is left to move of drawn faces (again.ts), where one looks for it. */
async function leftOf<T extends DrawnCut & { readonly memory: FaceMemory }>(
  { aligned }: SwapSession,
  generator: Generator,
  all: readonly T[],
): Promise<ReadonlyMap<T, Float32Array | undefined>> {
  const due = all.filter(({ cut, frame, memory }) => cut.move !== undefined && memory.leftover.isDue(frame.index, frame.timeS))
  if (aligned === undefined || due.length === 0) return new Map()
  const left = await lookAgain(aligned, generator, due)
  return new Map(due.map((each, i) => [each, left[i]]))
}

/** Fits drawn faces into their frames. */
async function fitGroup(session: SwapSession, memories: Memories, { group, drawn }: DrawnGroup): Promise<RenderedFrame[]> {
  const { request, enhancer, clock } = session
  const fitted = new Map<Cut, FittedFace>()
  for (const [generator, faces] of drawn) {
    const all = faces.map((each) => {
      const options = optionsAt(request, each.frame)
      const memory = memories.get(each.face.id) ?? new FaceMemory(options.look)
      memories.set(each.face.id, memory)
      return { ...each, options, memory }
    })
    const left = await timed(clock, 'again', () => leftOf(session, generator, all))
    const joined = all.map((each) => {
      const { cut: open, rendered, frame, options, memory } = each
      const further = memory.leftover.next(left.get(each), frame.timeS)
      const cut = { ...open, move: open.move && withLeftover(open.move, further, options.look.retarget) }
      const join = () => joinFace(cut, rendered, options.look, memory, frame.timeS)
      return { ...each, open, cut, joined: timed(clock, 'fit', join) }
    })
    const enhanced = enhancer === undefined ? [] : await timed(clock, 'enhance', () => enhanceFaces(enhancer, joined))
    for (const [index, each] of joined.entries()) {
      const { cut, open, face, frame, options, memory } = each
      const texture = () => textureFace(cut, each.joined, options.look, memory, frame.timeS, enhanced[index])
      fitted.set(open, faded(timed(clock, 'fit', texture), face.strength * options.strength))
    }
  }
  return group.map(({ frame, cuts }) => ({ frame, faces: cuts.map(({ cut }) => fitted.get(cut)!), places: cuts.map(({ face }) => face) }))
}

/**
 * Renders the doubles for consecutive frames of one clip and hands them on in order; who draws is the caller. While some frames' faces go through a generator, those
 * before are fitted and the next ones looked at; about thirty frames are held at most.
 */
export async function* renderFrames(
  session: SwapSession,
  tracker: Tracker,
  frames: AsyncIterable<OpenFrame>,
): AsyncGenerator<RenderedFrame, void, undefined> {
  const planned = new Queue<Planned>(AHEAD)
  const memories: Memories = new Map()
  const looking = look(session, tracker, frames, planned).then(
    () => planned.end(),
    (error: unknown) => planned.end({ error }),
  )
  let group: Planned[] = []
  let drawing: Promise<DrawnGroup> | undefined
  const size = () => group.reduce((sum, { cuts }) => sum + cuts.length, 0)
  /** Begins to draw what was gathered, and fits what was drawn meanwhile. */
  const advance = async function* () {
    const before = drawing
    drawing = drawGroup(session, group)
    // Whoever waits for it hears of an error; nobody does where one comes first.
    drawing.catch(() => {})
    group = []
    if (before !== undefined) yield* await fitGroup(session, memories, await before)
  }
  try {
    for await (const item of planned) {
      group.push(item)
      if (size() < GROUP && group.length < GROUP) continue
      yield* advance()
    }
    await looking
    yield* advance()
    yield* await fitGroup(session, memories, await drawing!)
  } finally {
    // Whoever left, or an error, does not dispose of a generator that still draws.
    await drawing?.catch(() => {})
  }
}

/** Renders the doubles for one frame by itself: nothing before or after it has a say. */
export async function renderAlone(session: SwapSession, tracker: Tracker, frame: Omit<OpenFrame, 'warm'>): Promise<RenderedFrame> {
  async function* only(): AsyncGenerator<OpenFrame> {
    yield { ...frame, warm: false }
  }
  for await (const rendered of renderFrames(session, tracker, only())) return rendered
  throw new Error('expected the frame that was given to come out')
}
