import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { examineFile } from '../../src/detect/examine.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { writeClip } from '../support/clips.ts'
import { scratchFolder } from '../support/data.ts'
import { grain, stubExaminer } from './stub.ts'

const folder = scratchFolder('moments')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Suspects what is red. */
const examiner = stubExaminer(({ data }) => {
  const excess = data.reduce((sum, value, i) => sum + (i % 3 === 0 ? value : i % 3 === 2 ? -value : 0), 0) / (data.length / 3)
  return excess > 25 ? 8 : -8
})

/** A clip of 60 frames, 25 a second, red where `isBad` says so. */
async function clip(name: string, isBad: (frame: number) => boolean): Promise<string> {
  const path = join(folder, name)
  await writeClip(
    path,
    Array.from({ length: 60 }, (_, i): Picture => grain(3, isBad(i) ? 60 : 0)),
  )
  return path
}

it('a bad stretch of a clip is looked at again, and told by its times', async () => {
  const path = await clip('bad.mp4', (frame) => frame >= 23 && frame < 36)
  // Every 8th frame is looked at: 24 and 32 stand out, and are neighbours.
  const { detected } = await examineFile(path, examiner, { frames: 8 })
  const framesOf = (sample: string) => detected.faces.filter((face) => face.sample === sample).map(({ frame }) => frame)
  expect(framesOf('even')).toEqual([0, 8, 16, 24, 32, 40, 48, 56])
  expect(framesOf('around')).toEqual([20, 22, 26, 28])
  expect(detected.moments).toHaveLength(1)
  const [moment] = detected.moments
  expect(moment).toMatchObject({ frame: 24, timeS: expect.closeTo(0.96, 3), fromS: expect.closeTo(0.8, 3), toS: expect.closeTo(1.12, 3) })
  expect(moment?.probability).toBeCloseTo(0.5, 1) // two of the four are bad
  // Its times were chosen by their suspicion: the probability does not know of it.
  const once = await examineFile(path, examiner, { frames: 8, secondLook: false })
  expect(once.detected).toMatchObject({ probability: detected.probability, moments: [] })
})

it('a clip in which nothing stands out is looked at once', async () => {
  const { detected } = await examineFile(await clip('good.mp4', () => false), examiner, { frames: 8 })
  expect(detected.moments).toEqual([])
  expect(detected.faces.map(({ sample }) => sample)).toEqual(Array(8).fill('even'))
})
