import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { probabilityOf, probabilityOfOdds } from '../../src/detect/calibration.ts'
import { examineFile } from '../../src/detect/examine.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { writeClip } from '../support/clips.ts'
import { scratchFolder } from '../support/data.ts'
import { CALIBRATION } from './calibrated.ts'
import { grain, stubExaminer } from './stub.ts'

const folder = scratchFolder('moments')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Suspects what is red. */
const examiner = stubExaminer(({ data }) => {
  const excess = data.reduce((sum, value, i) => sum + (i % 3 === 0 ? value : i % 3 === 2 ? -value : 0), 0) / (data.length / 3)
  return excess > 25 ? 2.5 : -2.5
})

/** A clip of 32 frames, 25 a second, red where `isBad` says so. */
async function clip(name: string, isBad: (frame: number) => boolean): Promise<string> {
  const path = join(folder, name)
  await writeClip(
    path,
    Array.from({ length: 32 }, (_, i): Picture => grain(3, isBad(i) ? 60 : 0)),
  )
  return path
}

it('a bad stretch of a clip is looked at again, and told by its times', async () => {
  const path = await clip('bad.mp4', (frame) => frame >= 13 && frame < 20)
  const { detected } = await examineFile(path, examiner, { frames: 4 })
  const framesOf = (sample: string) => detected.faces.filter((face) => face.sample === sample).map(({ frame }) => frame)
  expect(framesOf('even')).toEqual([0, 8, 16, 24])
  expect(framesOf('around')).toEqual([12, 14, 18, 20])
  const [moment, ...others] = detected.moments
  expect(others).toEqual([])
  expect(moment).toMatchObject({ frame: 16, timeS: expect.closeTo(0.64, 3), fromS: expect.closeTo(0.48, 3), toS: expect.closeTo(0.8, 3) })
  const [bad, good] = [2.5, -2.5].map((logit) => probabilityOf(logit, CALIBRATION))
  expect(moment?.probability).toBeCloseTo((bad! + good!) / 2, 4) // two of the four are bad
  // Its times were chosen by their suspicion: the probability is that of the mean of the four even samples alone.
  expect(detected.probability).toBeCloseTo(probabilityOfOdds(-1.25), 4)
})

it('a clip in which nothing stands out is looked at once', async () => {
  const { detected } = await examineFile(await clip('good.mp4', () => false), examiner, { frames: 4 })
  expect(detected.moments).toEqual([])
  expect(detected.faces.map(({ sample }) => sample)).toEqual(Array(4).fill('even'))
})
