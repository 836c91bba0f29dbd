import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FaceAnalyser, openFaceAnalyser } from '../../src/faces/index.ts'
import { decodeFrames, findFfmpeg } from '../../src/media/index.ts'
import { trackFrames } from '../../src/swap/ahead.ts'
import type { Cast } from '../../src/swap/cast.ts'
import { FaceTracker } from '../../src/swap/track.ts'
import { viewOf } from '../../src/swap/view.ts'
import { openDevice } from '../../src/tensor/index.ts'
import { sampleVideo, scratchFolder } from '../support/data.ts'
import { memberOf } from './stage.ts'

const folder = scratchFolder('crossing')
const clip = join(folder, 'crossing.mp4')
const FRAMES = 60
/** Each walks so far, one way or the other; the man from the right before the other from the left. */
const [LEFT, RIGHT, WIDE] = [20, 470, 190]
const walked = (frame: number) => ((RIGHT - LEFT) * frame) / FRAMES
const PLACE: Record<string, (frame: number) => number> = {
  bob: (frame) => RIGHT - walked(frame) + WIDE / 2,
  franck: (frame) => LEFT + walked(frame) + WIDE / 2,
}
let analyser: FaceAnalyser
const looks: Record<string, readonly number[]> = {}

afterAll(async () => {
  await analyser?.dispose()
  rmSync(folder, { recursive: true, force: true })
})

async function lookOf(video: string): Promise<readonly number[]> {
  for await (const { picture } of decodeFrames(video, { maxFrames: 1 })) {
    const [face] = await analyser.find(picture, { max: 1 })
    return [...(await analyser.descriptor(picture, face!.landmarks))]
  }
  throw new Error(`expected a frame in ${video}`)
}

beforeAll(async () => {
  const [man, other] = [sampleVideo('cap13_edit2.mp4'), sampleVideo('franck.mp4')]
  const part = `crop=150:200:110:45,scale=${WIDE}:-2,fps=25`
  const step = (RIGHT - LEFT) / FRAMES
  const graph =
    `color=c=0x808890:size=680x300:rate=25,format=yuv420p[room];[0:v]${part}[man];[1:v]${part}[other];` +
    `[room][other]overlay=x=${LEFT}+${step}*n:y=22:eval=frame[back];[back][man]overlay=x=${RIGHT}-${step}*n:y=22:eval=frame[out]`
  const output = ['-map', '[out]', '-frames:v', String(FRAMES), '-c:v', 'libx264', '-crf', '12', '-preset', 'veryfast', clip]
  execFileSync((await findFfmpeg()).path, ['-v', 'error', '-y', '-i', man, '-i', other, '-filter_complex', graph, ...output])
  analyser = await openFaceAnalyser(await openDevice('cpu'))
  looks['bob'] = await lookOf(man)
  looks['franck'] = await lookOf(other)
})

/** In which frames each of the cast was found; throws where somebody is taken for the other. */
async function followed(cast: Cast): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = {}
  async function* frames() {
    for await (const { index, timeS, picture } of decodeFrames(clip)) yield { index, timeS, view: viewOf(picture) }
  }
  for await (const { frame, faces } of trackFrames(frames(), new FaceTracker({ analyser, cast })))
    for (const { member, landmarks } of faces) {
      const xs = landmarks.mesh.filter((_, i) => i % 3 === 0)
      const centre = (Math.min(...xs) + Math.max(...xs)) / 2
      expect(Math.abs(centre - PLACE[member.person]!(frame.index)), `${member.person} in frame ${frame.index}`).toBeLessThan(45)
      found[member.person] = [...(found[member.person] ?? []), frame.index]
    }
  return found
}

const all = Array.from({ length: FRAMES }, (_, frame) => frame)

describe('two people who pass each other, one before the other', () => {
  it('the target alone is followed, and never blinks', async () => {
    const found = await followed({ choice: 'target', members: [memberOf('bob', looks['bob']!)] })
    expect(found).toEqual({ bob: all })
  })

  it('each stays who they are; the one behind is gone once, while covered', async () => {
    const members = [memberOf('bob', looks['bob']!, 'one'), memberOf('franck', looks['franck']!, 'other')]
    const found = await followed({ choice: 'target', members })
    expect(found['bob']).toEqual(all)
    const gone = all.filter((frame) => !found['franck']!.includes(frame))
    expect(gone.length).toBeGreaterThan(0)
    expect(gone).toEqual(all.slice(gone[0], gone.at(-1)! + 1))
    for (const frame of gone) expect(Math.abs(PLACE['bob']!(frame) - PLACE['franck']!(frame))).toBeLessThan(WIDE)
  })
})
