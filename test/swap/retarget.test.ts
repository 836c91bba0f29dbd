import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { swapOptions } from '../../src/commands/swap-options.ts'
import { requestOf } from '../../src/commands/swap-request.ts'
import { decodeFrames } from '../../src/media/index.ts'
import type { FittedFace } from '../../src/swap/fitted.ts'
import { enlargeFace } from '../../src/swap/fitted.ts'
import { fingerprintOf } from '../../src/swap/plan.ts'
import { WHOLE_CLIP } from '../../src/swap/range.ts'
import { renderFrames } from '../../src/swap/render.ts'
import { newTracker, type SwapSession } from '../../src/swap/session.ts'
import { scratchFolder } from '../support/data.ts'
import { makeClip, openMan, PLAIN_LOOK, WALL } from './man.ts'

const FRAMES = WALL + 3
const home = scratchFolder('retarget')
const clip = join(home, 'clip.mp4')
beforeAll(() => makeClip(home, clip, FRAMES))
afterAll(() => rmSync(home, { recursive: true, force: true }))

async function withSession<T>(retarget: number, use: (session: SwapSession) => T | Promise<T>): Promise<T> {
  const session = await openMan(home, clip, { look: { ...PLAIN_LOOK, retarget } })
  try {
    return await use(session)
  } finally {
    await session.dispose()
  }
}

/** The face of the last frame, rendered in one go or frame by frame. */
async function lastFace(session: SwapSession): Promise<FittedFace> {
  async function* frames() {
    for await (const { index, timeS, picture } of decodeFrames(clip)) yield { index, timeS, picture, warm: false }
  }
  let last: FittedFace | undefined
  for await (const { faces } of renderFrames(session, newTracker(session), frames())) last = faces[0] ?? last
  return last!
}

describe('dfk swap --retarget', () => {
  it('moves the face on by what the checkpoint says, by the share that is asked for, and not at all at 0', async () => {
    const [off, half, whole] = [await withSession(0, lastFace), await withSession(0.5, lastFace), await withSession(1, lastFace)]
    expect(off.move).toBeUndefined()
    const most = Math.max(...whole.move!.map(Math.abs))
    // The run says that its faces, at rest, are to be moved to the right by a hundredth.
    expect(most).toBeGreaterThan(0.009)
    expect(half.move!.every((value, i) => Math.abs(value - whole.move![i]! / 2) < 1e-6)).toBe(true)
    expect(off.rgb).toEqual(whole.rgb)
    expect(off.mask).toEqual(whole.mask)
    expect(enlargeFace(off).rgb).not.toEqual(enlargeFace(whole).rgb)
    expect(await withSession(1, lastFace)).toEqual(whole)
  })

  it('is part of what a render is resumed by: the share, and what the checkpoint says', async () => {
    const job = { path: clip, kind: 'video', output: join(home, 'out.mp4') } as const
    const options = { encoder: 'auto', quality: 17, preset: 'veryfast', range: WHOLE_CLIP, preview: undefined, segment: 500 } as const
    const fingerprints = await withSession(1, (session) => {
      const of = (asked: SwapSession) => fingerprintOf(asked, job, {} as never, options)
      const without = { ...session, request: { ...session.request, look: { ...PLAIN_LOOK, retarget: 0 } } }
      const others = new Map(
        [...session.generators].map(([name, generator]) => [name, { ...generator, retargetingSha256: '0'.repeat(64) }]),
      )
      return [of(session), of(without), of({ ...session, generators: others })]
    })
    expect(new Set(fingerprints).size).toBe(3)
  })

  it('is 1 unless something else is asked for', () => {
    const asked = swapOptions.parse({ run: 'x', output: 'out.mp4' })
    expect(requestOf('/home', asked, {}).look.retarget).toBe(1)
    expect(requestOf('/home', { ...asked, retarget: 0.3 }, {}).look.retarget).toBe(0.3)
    for (const retarget of [-0.1, 1.1, Number.NaN]) expect(swapOptions.safeParse({ retarget }).success).toBe(false)
  })
})
