import { describe, expect, it } from 'vitest'
import { trackFrames } from '../../src/swap/ahead.ts'
import { LOOK_AHEAD } from '../../src/swap/bridge.ts'
import type { CastMember, FaceChoice } from '../../src/swap/cast.ts'
import { FaceTracker } from '../../src/swap/track.ts'
import { type Actor, bob, carol, memberOf, play, stranger } from './stage.ts'

const isBob = memberOf('bob', bob)
const isCarol = memberOf('carol', carol, 'other')

/** Plays `frames` and tells who was replaced where: by frame, person → x and strength. */
async function watch(
  frames: readonly (readonly Actor[])[],
  { choice = 'target', members = [isBob], scenes = [] }: { choice?: FaceChoice; members?: CastMember[]; scenes?: number[] } = {},
) {
  const stage = play(frames, scenes)
  const tracker = new FaceTracker({ analyser: stage.analyser, cast: { choice, members } })
  const seen: Record<string, { x: number; strength: number; id: number }>[] = []
  for await (const { faces } of trackFrames(stage.frames, tracker)) {
    expect(new Set(faces.map(({ member }) => member.person)).size).toBe(faces.length)
    seen.push(
      Object.fromEntries(faces.map(({ member, landmarks, strength, id }) => [member.person, { x: landmarks.mesh[10 * 3]!, strength, id }])),
    )
  }
  return { seen, calls: stage.calls, tracker }
}

const repeat = (count: number, of: (index: number) => Actor[]) => Array.from({ length: count }, (_, index) => of(index))
const strengths = (seen: Awaited<ReturnType<typeof watch>>['seen'], person = 'bob') => seen.map((frame) => frame[person]?.strength ?? 0)

describe('following', () => {
  it('needs the detector once and recognises once a second; a stranger is never touched', async () => {
    const { seen, calls } = await watch(
      repeat(100, () => [
        { x: 60, descriptor: stranger },
        { x: 200, descriptor: bob },
      ]),
    )
    for (const frame of seen) {
      expect(Object.keys(frame)).toEqual(['bob'])
      expect(frame['bob']!.x).toBeCloseTo(200, 1)
      expect(frame['bob']!.strength).toBe(1)
    }
    expect(calls.find).toBe(1)
    // Nobody moves: at every other frame the picture is the one before.
    expect(calls.track).toBeLessThanOrEqual(52)
    // The two faces of the first frame, and frames 25, 50 and 75.
    expect(calls.descriptor).toBe(5)
  })

  it('rests at every other frame of somebody who moves a little, who is then half-way between the frames around it', async () => {
    const slow = repeat(40, (index) => [{ x: 200 + index * 0.3, descriptor: bob }])
    const { seen, calls } = await watch(slow)
    expect(calls.track).toBeLessThan(25)
    for (const [index, frame] of seen.entries()) {
      expect(frame['bob']!.x).toBeCloseTo(200 + index * 0.3, 1)
      expect(frame['bob']!.strength).toBe(1)
    }
  })

  it('looks at each frame of somebody who moves fast, and of frames that are shown twice takes one', async () => {
    const fast = await watch(repeat(40, (index) => [{ x: 120 + index * 4, descriptor: bob }]))
    expect(fast.calls.track).toBe(39)
    const twice = await watch(repeat(40, (index) => [{ x: 120 + (index >> 1) * 4, descriptor: bob }]))
    expect(twice.calls.track).toBeLessThan(25)
    for (const [index, frame] of twice.seen.entries()) expect(Math.abs(frame['bob']!.x - (120 + (index >> 1) * 4))).toBeLessThan(0.5)
  })

  it('is in full strength to the last frame, whether one would rest there or not', async () => {
    for (const count of [39, 40]) {
      const { seen } = await watch(repeat(count, (index) => [{ x: 200 + index * 0.3, descriptor: bob }]))
      expect(strengths(seen)).toEqual(new Array(count).fill(1))
    }
  })

  it('lets go at once when somebody else takes the place, and fades out before', async () => {
    const { seen } = await watch(repeat(60, (index) => [{ x: 200, descriptor: index < 33 ? bob : stranger }]))
    const values = strengths(seen)
    expect(values.slice(0, 29).every((value) => value === 1)).toBe(true)
    expect(values.slice(29, 33)).toEqual([1, 0.75, 0.5, 0.25])
    expect(values.slice(33).every((value) => value === 0)).toBe(true)
  })

  it('gives nobody an identity twice, whoever crosses whom', async () => {
    const crossing = repeat(80, (index) => [
      { x: 60 + index * 3.5, descriptor: bob, hidden: Math.abs(index - 40) < 5 },
      { x: 340 - index * 3.5, descriptor: carol },
    ])
    const { seen } = await watch(crossing, { members: [isBob, isCarol] })
    for (const [index, frame] of seen.entries()) {
      if (frame['bob'] !== undefined) expect(Math.abs(frame['bob'].x - (60 + index * 3.5))).toBeLessThan(16)
      if (frame['carol'] !== undefined) expect(Math.abs(frame['carol'].x - (340 - index * 3.5))).toBeLessThan(16)
    }
    expect(seen[20]).toMatchObject({ bob: { strength: 1 }, carol: { strength: 1 } })
    expect(seen[65]).toMatchObject({ bob: { strength: 1 }, carol: { strength: 1 } })
  })

  it('does not replace a second face of the same person', async () => {
    const { seen } = await watch(
      repeat(10, () => [
        { x: 100, descriptor: bob },
        { x: 300, descriptor: bob.map(() => 0.01) },
      ]),
      { choice: 'all' },
    )
    expect(seen[5]!['bob']!.x).toBeCloseTo(100, 1)
  })
})

describe('short losses', () => {
  it.each([1, 2, 3, 4, 5])('%i missed frames do not blink', async (missed) => {
    const moving = (index: number) => 150 + index
    const { seen } = await watch(repeat(60, (index) => [{ x: moving(index), descriptor: bob, hidden: index >= 30 && index < 30 + missed }]))
    // A moment's miss not at all; a hand that passes, or so, makes the swap paler but never blink.
    expect(Math.min(...strengths(seen))).toBe([1, 1, 0.75, 0.75, 0.5][missed - 1])
    for (const [index, frame] of seen.entries()) expect(frame['bob']!.x).toBeCloseTo(moving(index), 0)
    expect(new Set(seen.map((frame) => frame['bob']!.id)).size).toBe(1)
  })

  it('are not bridged over somebody else who came between', async () => {
    const { seen } = await watch(repeat(60, (index) => [{ x: 200, descriptor: index === 30 || index === 31 ? stranger : bob }]))
    expect(strengths(seen).slice(29, 34)).toEqual([0.25, 0, 0, 0.25, 0.5])
  })

  it('a long one fades out before and in after, is never abrupt, and is the same face afterwards', async () => {
    const { seen } = await watch(repeat(90, (index) => [{ x: 200, descriptor: bob, hidden: index >= 30 && index < 45 }]))
    const values = strengths(seen)
    for (let i = 1; i < values.length; i += 1) expect(Math.abs(values[i]! - values[i - 1]!)).toBeLessThanOrEqual(0.2501)
    expect(values.slice(30, 45).every((value) => value === 0)).toBe(true)
    expect(values.slice(26, 30)).toEqual([1, 0.75, 0.5, 0.25])
    expect(values.slice(50).every((value) => value === 1)).toBe(true)
    expect(seen[60]!['bob']!.id).toBe(seen[10]!['bob']!.id)
  })

  it('whoever comes into the picture is followed back to where they came in', async () => {
    // The detector looks at frame 16 next; the face is there from 13.
    const { seen } = await watch(repeat(40, (index) => [{ x: 200, descriptor: bob, hidden: index < 13 }]))
    const values = strengths(seen)
    expect(values.slice(0, 13).every((value) => value === 0)).toBe(true)
    expect(values.slice(13, 17)).toEqual([0.25, 0.5, 0.75, 1])
  })
})

describe('turned heads', () => {
  it('fade evenly as far as they turn and come back', async () => {
    const yaw = (index: number) => 80 * Math.sin((Math.PI * index) / 60)
    const { seen } = await watch(repeat(61, (index) => [{ x: 200, descriptor: bob, yaw: yaw(index) }]))
    const values = strengths(seen)
    expect([values[5], values[30], values[55]]).toEqual([1, 0, 1])
    for (let i = 1; i < values.length; i += 1) expect(Math.abs(values[i]! - values[i - 1]!)).toBeLessThanOrEqual(0.2501)
    for (let i = 1; i <= 30; i += 1) expect(values[i]!).toBeLessThanOrEqual(values[i - 1]! + 1e-6)
  })
})

describe('cuts', () => {
  const scenes = Array.from({ length: 60 }, (_, index) => (index < 30 ? 0 : 1))

  it('begin anew in full strength, at once, and end so', async () => {
    const { seen, calls } = await watch(
      repeat(60, (index) => [{ x: index < 30 ? 100 : 300, descriptor: bob }]),
      { scenes },
    )
    expect(strengths(seen).every((value) => value === 1)).toBe(true)
    expect(seen.map((frame) => Math.round(frame['bob']!.x))).toEqual(scenes.map((scene) => (scene === 0 ? 100 : 300)))
    expect(calls.find).toBe(2)
  })

  it('to somebody else leave them alone', async () => {
    const { seen } = await watch(
      repeat(60, (index) => [{ x: 200, descriptor: index < 30 ? bob : stranger }]),
      { scenes },
    )
    expect(strengths(seen)).toEqual(scenes.map((scene) => (scene === 0 ? 1 : 0)))
  })
})

describe('the largest, and all', () => {
  const two: Actor[] = [
    { x: 100, descriptor: stranger, size: 40 },
    { x: 250, descriptor: bob },
  ]

  it('need a record for whom they replace', async () => {
    const refused = { exitCode: 3, clause: 'biometric' }
    await expect(
      watch(
        repeat(2, () => two),
        { choice: 'all' },
      ),
    ).rejects.toMatchObject(refused)
    await expect(
      watch(
        repeat(2, () => [{ ...two[0]!, size: 70 }, two[1]!]),
        { choice: 'largest' },
      ),
    ).rejects.toMatchObject(refused)
    const { seen } = await watch(
      repeat(2, () => two),
      { choice: 'largest' },
    )
    expect(Object.keys(seen[0]!)).toEqual(['bob'])
  })

  it('all of a cast are replaced, each by their run', async () => {
    const { seen } = await watch(
      repeat(12, () => [
        { x: 100, descriptor: carol },
        { x: 250, descriptor: bob },
      ]),
      { choice: 'all', members: [isBob, isCarol] },
    )
    for (const frame of seen) expect(frame).toMatchObject({ bob: { strength: 1 }, carol: { strength: 1 } })
  })

  it('replace nobody in an empty frame and count what they met', async () => {
    const { seen, tracker } = await watch(repeat(3, () => []))
    expect(seen).toEqual([{}, {}, {}])
    expect(tracker.facesSeen).toBe(0)
  })
})

describe('looking ahead', () => {
  it('holds no more frames than it says and gives all back in order', async () => {
    const stage = play(repeat(30, () => [{ x: 200, descriptor: bob }]))
    let taken = 0
    function* source() {
      for (const frame of stage.frames) {
        taken += 1
        yield frame
      }
    }
    let given = 0
    const tracker = new FaceTracker({ analyser: stage.analyser, cast: { choice: 'target', members: [isBob] } })
    for await (const { frame } of trackFrames(source(), tracker)) {
      expect(frame.index).toBe(given)
      given += 1
      expect(taken - given).toBeLessThanOrEqual(LOOK_AHEAD)
    }
    expect(given).toBe(30)
  })
})
