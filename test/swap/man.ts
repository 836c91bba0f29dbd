import { openFaceAnalyser } from '../../src/faces/index.ts'
import { decodeFrames } from '../../src/media/index.ts'
import { createPicture, type Picture } from '../../src/picture/picture.ts'
import type { Look } from '../../src/swap/look.ts'
import type { OpenFrame } from '../../src/swap/render.ts'
import { openSession, permit, type SwapRequest, type SwapSession } from '../../src/swap/session.ts'
import { openDevice } from '../../src/tensor/index.ts'
import { writeClip } from '../support/clips.ts'
import { sampleVideo } from '../support/data.ts'
import { makeRun, recordFor } from './support.ts'

/** Frames of the wall in the clip that `makeClip` makes. */
export const WALL = 6

/** Writes a clip of a grey wall and then of a man, 400 × 300, 25 a second, and a run named `tiny` whose target he is. */
export async function makeClip(home: string, path: string, frames: number): Promise<void> {
  const wall = createPicture(400, 300)
  for (let y = 0; y < 300; y += 1) wall.data.fill(100 + Math.round((40 * y) / 300), y * 1200, (y + 1) * 1200)
  let man: Picture | undefined
  await writeClip(
    path,
    (async function* () {
      for (let index = 0; index < WALL; index += 1) yield wall
      for await (const { picture } of decodeFrames(sampleVideo('cap13_edit2.mp4'), { maxFrames: frames - WALL })) {
        man = picture
        yield picture
      }
    })(),
  )
  const analyser = await openFaceAnalyser(await openDevice('cpu'))
  const [face] = await analyser.find(man!, { max: 1 })
  await makeRun(home, 'tiny', recordFor('bob', [...(await analyser.descriptor(man!, face!.landmarks))]))
  await analyser.dispose()
}

/** The clip's frames as a render takes them. */
export async function* framesOf(clip: string): AsyncGenerator<OpenFrame> {
  for await (const { index, timeS, picture } of decodeFrames(clip)) yield { index, timeS, picture, warm: false }
}

/** A face laid in as it is, by a soft mask. */
export const PLAIN_LOOK: Look = {
  ...{
    retarget: 1,
    mask: { kind: 'both', erodePercent: 3, blurPercent: 4 },
    occlusion: 0,
    hair: 1,
    colour: 'none',
    blend: 'feather',
    detail: 0,
    sharpen: 'auto',
    enhance: 0,
    grain: 0,
  },
}

/** Opens the run `tiny` for a clip, with the defaults of the command line. */
export async function openMan(home: string, path: string, changes: Partial<SwapRequest> = {}): Promise<SwapSession> {
  const chosen = { choice: 'target', threshold: 0.5, look: PLAIN_LOOK, shots: [] } as const
  const request = {
    home,
    run: 'tiny',
    map: [],
    faceImage: undefined,
    checkpoint: undefined,
    consent: [],
    ...chosen,
    label: undefined,
    device: 'cpu' as const,
    labelling: { text: undefined, language: undefined, place: 'bottom-left' as const, seconds: undefined, laws: [] },
    ...changes,
  }
  return openSession(await permit(request, [{ path, kind: 'video', output: 'out.mp4' }], {}), 4, () => {})
}
