import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { referenceDescriptors } from '../../src/commands/consent-references.ts'
import { decodeFrames, writePicture } from '../../src/media/index.ts'
import { sampleVideo, scratchFolder } from '../support/data.ts'

const folder = scratchFolder('references')
const [still, grey] = [join(folder, 'still.png'), join(folder, 'grey.png')]

beforeAll(async () => {
  for await (const { picture } of decodeFrames(sampleVideo('cap13_edit2.mp4'), { maxFrames: 1 })) await writePicture(still, picture)
  await writePicture(grey, { width: 96, height: 96, data: new Uint8Array(96 * 96 * 3).fill(128) })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('names the references that show no face, and goes by the others', async () => {
  const faceless: string[] = []
  const found = await referenceDescriptors([grey, still], {}, (path) => faceless.push(path))
  expect(found).toEqual([expect.any(Array)])
  expect(found[0]).toHaveLength(128)
  expect(faceless).toEqual([grey])
})

it('asks for a face where none shows one', async () => {
  await expect(referenceDescriptors([grey], {}, () => {})).rejects.toThrow(/expected the subject's face in .*grey\.png but found none/)
})
