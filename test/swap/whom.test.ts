import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openFaceAnalyser } from '../../src/faces/index.ts'
import { readPicture, writePicture } from '../../src/media/index.ts'
import { cropPicture, resizePicture } from '../../src/picture/resize.ts'
import { readProvenance } from '../../src/provenance/index.ts'
import { openDevice } from '../../src/tensor/index.ts'
import { scratchFolder, sharedData } from '../support/data.ts'
import { makeRun, recordFor } from './support.ts'

const home = scratchFolder('whom')
const file = (name: string) => join(home, name)
const bin = fileURLToPath(new URL('../../bin/dfk.js', import.meta.url))
const noData = sharedData('stills/two_people.jpg') === undefined

function swap(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'swap', '--json', '--quiet', ...args], {
    encoding: 'utf8',
    env: { ...process.env, DFK_HOME: home },
  })
  return {
    code: status,
    json: stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
    stderr,
  }
}

const boxes: { x: number; y: number; width: number; height: number }[] = []

/** Two people on a picture, a run and a still of each. */
beforeAll(async () => {
  if (noData) return
  const still = await readPicture(sharedData('stills/two_people.jpg')!)
  const picture = resizePicture(still, 640, Math.round((still.height * 640) / still.width))
  await writePicture(file('both.png'), picture)
  const analyser = await openFaceAnalyser(await openDevice('cpu'))
  for (const [i, { box, landmarks }] of (await analyser.find(picture)).entries()) {
    const person = ['bob', 'carol'][i]!
    boxes.push(box)
    await makeRun(home, `of-${person}`, recordFor(person, [...(await analyser.descriptor(picture, landmarks))]))
    const [x, y] = [Math.max(0, Math.round(box.x - 40)), Math.max(0, Math.round(box.y - 30))]
    await writePicture(file(`${person}.png`), cropPicture(picture, { x, y, width: 160, height: 180 }))
  }
  await analyser.dispose()
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** Whose faces differ between the picture and an output. */
async function changed(output: string): Promise<string[]> {
  const [before, after] = [await readPicture(file('both.png')), await readPicture(output)]
  return ['bob', 'carol'].filter((_, i) => {
    const { x, y, width, height } = boxes[i]!
    const part = {
      x: Math.round(x + width / 3),
      y: Math.round(y + height / 3),
      width: Math.round(width / 3),
      height: Math.round(height / 3),
    }
    const [a, b] = [cropPicture(before, part).data, cropPicture(after, part).data]
    return a.reduce((sum, value, k) => sum + Math.abs(value - b[k]!), 0) / a.length > 8
  })
}

describe.skipIf(noData)('whom dfk swap replaces', () => {
  it("the run's target alone", async () => {
    expect(swap(file('both.png'), '--run', 'of-carol', '-o', file('target.png'))).toMatchObject({ code: 0, stderr: '' })
    expect(await changed(file('target.png'))).toEqual(['carol'])
  })

  it('several, each by their own run, all of which the manifest names', async () => {
    const { code, stderr } = swap(file('both.png'), '--map', 'bob=of-bob', 'carol=of-carol', '-o', file('map.png'))
    expect([code, stderr]).toEqual([0, ''])
    expect(await changed(file('map.png'))).toEqual(['bob', 'carol'])
    const found = await readProvenance(file('map.png'))
    expect(found.c2pa?.state).toBe('valid')
    expect(found.c2pa?.consent.map(({ role }) => role)).toEqual(['source', 'target', 'source', 'target'])
  })

  it('who is on a still, if a record covers them', async () => {
    expect(swap(file('both.png'), '--run', 'of-bob', '--face-image', file('bob.png'), '-o', file('still.png'))).toMatchObject({ code: 0 })
    expect(await changed(file('still.png'))).toEqual(['bob'])
    const refused = swap(file('both.png'), '--run', 'of-bob', '--face-image', file('carol.png'), '-o', file('bad.png'))
    expect(refused.code).toBe(3)
    expect(refused.stderr).toMatch(/--face-image: expected a record for the person/)
    expect(swap(file('both.png'), '--run', 'of-bob', '--face-image', file('both.png'), '-o', file('bad.png'))).toMatchObject({ code: 1 })
  })

  it('nobody without saying by which run', () => {
    const { code, stderr } = swap(file('both.png'), '-o', file('bad.png'))
    expect([code, stderr.includes('--run')]).toEqual([2, true])
  })
})
