import { rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type ExplicitJudge, type ExplicitScores, openExplicitJudge } from '../../src/faces/index.ts'
import { readPicture } from '../../src/media/index.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { EXPLICIT_LIMIT, screenFootage, screeningTimes } from '../../src/screening/screen.ts'
import { openDevice, tf } from '../../src/tensor/index.ts'
import { RefusedError } from '../../src/work/errors.ts'
import { ffmpeg } from '../provenance/support.ts'
import { sampleVideo, scratchFolder, sharedData } from '../support/data.ts'

const folder = scratchFolder('screen')
const at = (name: string) => join(folder, name)
const CALM: ExplicitScores = { drawing: 0, hentai: 0, neutral: 1, porn: 0, sexy: 0 }

beforeAll(async () => {
  // Red for four seconds, then blue: six seconds, of which the third and last picture looked at is blue.
  const colour = (name: string, seconds: number) => ['-f', 'lavfi', '-i', `color=${name}:size=64x48:rate=10:duration=${seconds}`]
  await ffmpeg([...colour('red', 4), ...colour('blue', 2), '-filter_complex', 'concat', '-pix_fmt', 'yuv420p', at('clip.mp4')])
  await ffmpeg([...colour('blue', 1), '-frames:v', '1', at('blue.png')])
  await ffmpeg([...colour('red', 1), '-frames:v', '1', at('red.png')])
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A judge that finds blue explicit, as far as it is told. */
function judgeOf(scores: Partial<ExplicitScores>): { judge: ExplicitJudge; seen: Picture[]; dispose: ReturnType<typeof vi.fn> } {
  const seen: Picture[] = []
  const dispose = vi.fn(async () => {})
  const isBlue = ({ data }: Picture) => data[2]! > 128
  return {
    seen,
    dispose,
    judge: {
      async judge(pictures) {
        seen.push(...pictures)
        return pictures.map((picture) => (isBlue(picture) ? { ...CALM, ...scores } : CALM))
      },
      dispose,
    },
  }
}

function screen(paths: readonly string[], judge: ExplicitJudge): Promise<void> {
  return screenFootage(paths, { device: 'cpu', open: async () => judge })
}

describe('screenFootage', () => {
  it('refuses a clip with one explicit picture among those looked at, and says when', async () => {
    const { judge, seen, dispose } = judgeOf({ porn: 0.6, hentai: 0.35 })
    const error = await screen([at('clip.mp4')], judge).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(RefusedError)
    expect(error).toMatchObject({ clause: 'scope.prohibited', exitCode: 3 })
    expect((error as Error).message).toMatch(/clip\.mp4 at 5\.0 s to be explicit \(nsfwjs: 0\.950\) \[scope\.prohibited\]$/)
    expect(seen).toHaveLength(3)
    expect(dispose).toHaveBeenCalledOnce()
  })

  it('refuses stills, wherever they are among the files', async () => {
    await expect(screen([at('red.png'), at('blue.png')], judgeOf({ porn: 0.99 }).judge)).rejects.toThrow(/blue\.png to be explicit/)
  })

  it('passes over a broken file, which is for others to refuse, and looks at the rest', async () => {
    writeFileSync(at('broken.mp4'), 'no clip at all')
    const { judge } = judgeOf({ porn: 0.99 })
    await expect(screen([at('broken.mp4'), at('red.png')], judge)).resolves.toBeUndefined()
    await expect(screen([at('broken.mp4'), at('blue.png')], judge)).rejects.toThrow(/blue\.png to be explicit/)
  })

  it('lets through what is at most as explicit as the limit, bare skin, and what is calm', async () => {
    const files = [at('clip.mp4'), at('blue.png')]
    await expect(screen(files, judgeOf({ porn: EXPLICIT_LIMIT - 0.01, sexy: 0.11 }).judge)).resolves.toBeUndefined()
    await expect(screen(files, judgeOf({ sexy: 1 }).judge)).resolves.toBeUndefined()
    const { judge, dispose } = judgeOf({})
    await screen([at('red.png')], judge)
    expect(dispose).toHaveBeenCalledOnce()
  })

  it('looks at three pictures of a short clip, one in twenty seconds of a longer one, sixty of a film', () => {
    expect(screeningTimes(6)).toEqual([1, 3, 5])
    expect(screeningTimes(200)).toHaveLength(10)
    expect(screeningTimes(7200)).toHaveLength(60)
    expect(Math.max(...screeningTimes(7200))).toBeLessThan(7200)
  })

  it('lets the sample footage through', async () => {
    await expect(screenFootage([sampleVideo('cap13_edit2.mp4'), sampleVideo('franck.mp4')], { device: 'cpu' })).resolves.toBeUndefined()
  })
})

describe("nsfwjs' classifier", () => {
  const stills = ['stills/astronaut.png', 'real-faces/real_29.jpg'].map(sharedData)
  it.skipIf(stills.includes(undefined))('sees what nsfwjs sees', async () => {
    const info = vi.spyOn(console, 'info').mockImplementation(() => {})
    const { load } = createRequire(import.meta.url)('nsfwjs') as typeof import('nsfwjs')
    const other = await load('MobileNetV2Mid')
    info.mockRestore()
    const judge = openExplicitJudge(await openDevice('cpu'))
    try {
      for (const still of stills) {
        const picture = await readPicture(still!)
        const [scores] = await judge.judge([picture])
        const image = tf.tensor3d(Uint8Array.from(picture.data), [picture.height, picture.width, 3], 'int32')
        const theirs = await other.classify(image as never)
        image.dispose()
        for (const { className, probability } of theirs) {
          const ours = scores![className.toLowerCase() as keyof ExplicitScores]
          expect(Math.abs(ours - probability)).toBeLessThan(0.002)
        }
        expect(scores!.porn + scores!.hentai).toBeLessThan(EXPLICIT_LIMIT)
      }
    } finally {
      await judge.dispose()
    }
  })
})
