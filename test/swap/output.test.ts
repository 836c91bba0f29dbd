import { mkdirSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writePicture } from '../../src/media/index.ts'
import { createPicture } from '../../src/picture/picture.ts'
import { dropFolder, planJobs, prepareFolder } from '../../src/swap/output.ts'
import { writeClip } from '../support/clips.ts'
import { scratchFolder } from '../support/data.ts'

const folder = scratchFolder('output')
const file = (name: string) => join(folder, name)

beforeAll(async () => {
  mkdirSync(file('in/inner'), { recursive: true })
  mkdirSync(file('in/out'))
  const picture = createPicture(16, 16)
  for (const name of ['in/a.png', 'in/inner/b.jpg', 'in/out/a.png']) await writePicture(file(name), picture)
  for (const name of ['in/take.mkv', 'in/take.mp4']) await writeClip(file(name), [picture])
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('where outputs go', () => {
  it('mirrors a folder and leaves out what an earlier call put into it', async () => {
    const jobs = await planJobs(file('in'), file('in/out'))
    expect(jobs.map(({ output }) => relative(folder, output))).toEqual([
      'in/out/a.png',
      'in/out/inner/b.jpg',
      'in/out/take.mkv',
      'in/out/take.mp4',
    ])
  })

  it('refuses to write over the footage, by whatever name', async () => {
    await expect(planJobs(file('in/a.png'), file('in/../in/a.png'))).rejects.toMatchObject({ exitCode: 2 })
    await expect(planJobs(file('in'), file('in'))).rejects.toMatchObject({ exitCode: 2 })
    await expect(planJobs(file('in/a.png'), file('in'))).rejects.toThrow(/expected a file name but found the folder/)
  })

  it('makes folders for folders only', async () => {
    const [job] = await planJobs(file('in/a.png'), file('new/a.png'))
    await expect(prepareFolder(job!, false)).rejects.toThrow(/expected the folder/)
    await prepareFolder(job!, true)
    await dropFolder(file('new'))
    await expect(prepareFolder(job!, false)).rejects.toThrow(/expected the folder/)
  })
})
