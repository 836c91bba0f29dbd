import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { swapOptions } from '../../src/commands/swap-options.ts'
import { requestOf } from '../../src/commands/swap-request.ts'
import type { AlignedFaces } from '../../src/faces/index.ts'
import { FIELD_CELLS } from '../../src/models/retarget.ts'
import type { Picture } from '../../src/picture/picture.ts'
import type { FittedFace } from '../../src/swap/fitted.ts'
import { enlargeFace } from '../../src/swap/fitted.ts'
import { fingerprintOf } from '../../src/swap/plan.ts'
import { WHOLE_CLIP } from '../../src/swap/range.ts'
import { renderFrames } from '../../src/swap/render.ts'
import { newTracker, type SwapSession } from '../../src/swap/session.ts'
import { scratchFolder } from '../support/data.ts'
import { framesOf, makeClip, openMan, PLAIN_LOOK, WALL } from './man.ts'
import { makeRun, recordFor } from './support.ts'

const FRAMES = WALL + 3
const home = scratchFolder('retarget')
const clip = join(home, 'clip.mp4')
let whole: SwapSession
beforeAll(async () => {
  await makeClip(home, clip, FRAMES)
  whole = await open(1)
})
afterAll(async () => {
  await whole.dispose()
  rmSync(home, { recursive: true, force: true })
})

const open = (retarget: number) => openMan(home, clip, { look: { ...PLAIN_LOOK, retarget } })

/** The same session, asked for another share. */
const asked = (retarget: number): SwapSession => ({ ...whole, request: { ...whole.request, look: { ...PLAIN_LOOK, retarget } } })

/** The face of the last frame. */
async function lastFace(session: SwapSession): Promise<FittedFace> {
  let last: FittedFace | undefined
  for await (const { faces } of renderFrames(session, newTracker(session), framesOf(clip))) last = faces[0] ?? last
  return last!
}

describe('dfk swap --retarget', () => {
  it('moves the face on by what the checkpoint says, by the share that is asked for, and not at all at 0', async () => {
    const none = await open(0)
    const [off, half, full] = [await lastFace(none), await lastFace(asked(0.5)), await lastFace(whole)]
    await none.dispose()
    expect(off.move).toBeUndefined()
    const most = Math.max(...full.move!.map(Math.abs))
    // The run says that its faces, at rest, are to be moved to the right by a hundredth.
    expect(most).toBeGreaterThan(0.009)
    expect(half.move!.every((value, i) => Math.abs(value - full.move![i]! / 2) < 1e-6)).toBe(true)
    expect(off.rgb).toEqual(full.rgb)
    expect(off.mask).toEqual(full.mask)
    expect(enlargeFace(off).rgb).not.toEqual(enlargeFace(full).rgb)
    const other = await open(1)
    expect(await lastFace(other)).toEqual(full)
    await other.dispose()
  })

  it('looks again at what was drawn, and moves it by what is left, averaged over some frames and by the same share', async () => {
    const looks: Picture[] = []
    /** Sees what it is told to see: where the face is, and nothing in the last frame. */
    const aligned: AlignedFaces = {
      landmarks: async (pictures, near) =>
        pictures.map((picture, i) => {
          looks.push(picture)
          return looks.length === FRAMES - WALL ? undefined : near![i]
        }),
      descriptors: async () => [],
      dispose: async () => {},
    }
    let found = 0
    const left = () => {
      found += 1
      return new Float32Array(2 * FIELD_CELLS * FIELD_CELLS).fill(found === 1 ? 0.004 : 0)
    }
    const generators = new Map([...whole.generators].map(([name, generator]) => [name, { ...generator, leftover: left }]))
    const before = await lastFace(whole)
    const full = await lastFace({ ...whole, aligned, generators })
    expect(looks).toHaveLength(FRAMES - WALL)
    // Four thousandths in the first frame, none in the second, and the third shows nothing.
    const added = full.move!.map((value, i) => value - before.move![i]!)
    const memory = 0.004 * Math.exp(-0.04 / 0.08)
    for (const value of added) expect(value).toBeCloseTo(memory, 5)
    found = 0
    looks.length = 0
    const half = await lastFace({ ...asked(0.5), aligned, generators })
    for (const [i, value] of half.move!.entries()) expect(value).toBeCloseTo(full.move![i]! / 2, 6)
    looks.length = 0
    await lastFace({ ...asked(0), aligned, generators })
    // At 0 nobody looks.
    expect(looks).toHaveLength(0)
  })

  it('opens what looks again where the checkpoint knows what is usual, asks it of each face, and nobody where it does not', async () => {
    const { config } = whole.runs[0]!
    await makeRun(home, 'again', recordFor('bob', [...config.target.descriptor]), { retargeting: 'looked again' })
    const session = await openMan(home, clip, { run: 'again', look: { ...PLAIN_LOOK, retarget: 1 } })
    const landmarks = vi.spyOn(session.aligned!, 'landmarks')
    const { move } = await lastFace(session)
    await session.dispose()
    expect(landmarks.mock.calls.flatMap(([pictures]) => pictures)).toHaveLength(FRAMES - WALL)
    expect(move!.every(Number.isFinite)).toBe(true)
    expect(whole.aligned).toBeUndefined()
  })

  it('tells of a generator that fails, and waits for one that still draws when somebody leaves', async () => {
    const failing = new Map(
      [...whole.generators].map(([name, generator]) => [name, { ...generator, swap: async () => Promise.reject(new Error('no device')) }]),
    )
    await expect(lastFace({ ...whole, generators: failing })).rejects.toThrow('no device')
    let drawing = 0
    const slow = new Map(
      [...whole.generators].map(([name, generator]) => [
        name,
        {
          ...generator,
          async swap(...asked: Parameters<typeof generator.swap>) {
            drawing += 1
            await new Promise((resolve) => setTimeout(resolve, 50))
            drawing -= 1
            return generator.swap(...asked)
          },
        },
      ]),
    )
    const session = { ...whole, generators: slow }
    for await (const _ of renderFrames(session, newTracker(session), framesOf(clip))) break
    expect(drawing).toBe(0)
  })

  it('is part of what a render is resumed by: the share, and what the checkpoint says', () => {
    const job = { path: clip, kind: 'video', output: join(home, 'out.mp4') } as const
    const options = { encoder: 'auto', quality: 17, preset: 'veryfast', range: WHOLE_CLIP, preview: undefined, segment: 500 } as const
    const of = (session: SwapSession) => fingerprintOf(session, job, {} as never, options)
    const others = new Map([...whole.generators].map(([name, generator]) => [name, { ...generator, retargetingSha256: '0'.repeat(64) }]))
    const fingerprints = [of(whole), of(asked(0)), of({ ...whole, generators: others })]
    expect(new Set(fingerprints).size).toBe(3)
  })

  it('is 1 unless something else is asked for', () => {
    const parsed = swapOptions.parse({ run: 'x', output: 'out.mp4' })
    expect(requestOf('/home', parsed, {}).look.retarget).toBe(1)
    expect(requestOf('/home', { ...parsed, retarget: 0.3 }, {}).look.retarget).toBe(0.3)
    for (const retarget of [-0.1, 1.1, Number.NaN]) expect(swapOptions.safeParse({ retarget }).success).toBe(false)
  })
})
