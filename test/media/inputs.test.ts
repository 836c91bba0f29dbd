import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeFrames, expandInputs, findFfmpeg, hashFootage, probeMedia, readPicture, writePicture } from '../../src/media/index.ts'
import { scratchFolder } from '../support/data.ts'

const folder = scratchFolder('inputs')
const file = (name: string) => join(folder, name)

beforeAll(async () => {
  const { path } = await findFfmpeg()
  const clip = ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25:d=2']
  execFileSync(path, [...clip, '-movflags', '+faststart', file('clip.mp4')])
  execFileSync(path, [...clip, file('tail.mp4')])
  execFileSync(path, ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'sine=d=1', file('tone.wav')])
  for (const name of ['clip', 'tail']) {
    const whole = readFileSync(file(`${name}.mp4`))
    writeFileSync(file(`${name}-cut.mp4`), whole.subarray(0, whole.length * 0.6))
  }
  writeFileSync(file('empty.mp4'), '')
  writeFileSync(file('notes.mp4'), 'no video at all\n'.repeat(100))
  writeFileSync(file('list.m3u8'), '#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:1/secret.ts\n')
  await sharp({ create: { width: 40, height: 20, channels: 3, background: '#204080' } })
    .jpeg()
    .withMetadata({ orientation: 6 })
    .toFile(file('turned.jpg'))
  mkdirSync(file('bare'))
  mkdirSync(file('many/inner'), { recursive: true })
  copyFileSync(file('clip.mp4'), file('many/b10.mp4'))
  for (const name of ['b2.jpg', 'inner/c.jpg', '.hidden.jpg']) copyFileSync(file('turned.jpg'), file(`many/${name}`))
  writeFileSync(file('many/readme.txt'), 'text')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function decodeAll(path: string): Promise<number> {
  let count = 0
  for await (const _ of decodeFrames(path)) count += 1
  return count
}

describe('bad files get one line', () => {
  it.each([
    ['absent.mp4', /found no such file/],
    ['empty.mp4', /is empty \(0 bytes\)/],
    ['notes.mp4', /is neither, or is damaged/],
    ['tail-cut.mp4', /the file is truncated/],
    ['clip-cut.mp4', /the file is truncated/],
    ['tone.wav', /only sound/],
    ['bare', /found a folder/],
    ['list.m3u8', /expected/],
  ])('%s', async (name, message) => {
    const failure = await decodeAll(file(name)).catch((error: Error) => error)
    expect(failure).toBeInstanceOf(Error)
    expect((failure as Error).message).toMatch(message)
    expect((failure as Error).message).not.toContain('\n')
    expect(failure).toHaveProperty('hint', expect.any(String))
    if (name !== 'tone.wav' && name !== 'clip-cut.mp4') await expect(hashFootage(file(name))).rejects.toThrow(message)
  })

  it('never asks the network', async () => {
    await expect(probeMedia(file('list.m3u8'))).rejects.toThrow(/network|damaged/)
  })
})

describe('inputs', () => {
  it('lists a folder in natural order, subfolders too, media only', async () => {
    const found = await expandInputs([file('many'), file('clip.mp4')])
    expect(found.map(({ path, kind }) => [path.slice(folder.length + 1), kind])).toEqual([
      ['many/b2.jpg', 'image'],
      ['many/b10.mp4', 'video'],
      ['many/inner/c.jpg', 'image'],
      ['clip.mp4', 'video'],
    ])
  })

  it('takes the less usual names of a JPEG for what they are, and tells of every file that it passes over', async () => {
    const passedOver: string[] = []
    mkdirSync(file('odd'))
    for (const name of ['a.jfif', 'b.JPE', 'c.bmp', 'd', '.hidden']) writeFileSync(file(join('odd', name)), 'x')
    const found = await expandInputs([file('odd')], undefined, { onPassedOver: (path) => passedOver.push(path) })
    expect(found.map(({ path, kind }) => [basename(path), kind])).toEqual([
      ['a.jfif', 'image'],
      ['b.JPE', 'image'],
    ])
    expect(passedOver.map((path) => basename(path))).toEqual(['c.bmp', 'd'])
  })

  it('refuses a folder without media', async () => {
    await expect(expandInputs([file('bare')])).rejects.toThrow(/found none/)
  })
})

describe('stills', () => {
  it('reads a picture as it is displayed', async () => {
    expect(await probeMedia(file('turned.jpg'))).toMatchObject({ kind: 'image', width: 20, height: 40 })
    const picture = await readPicture(file('turned.jpg'))
    expect([picture.width, picture.height]).toEqual([20, 40])
    expect(Math.abs(picture.data[2]! - 0x80)).toBeLessThan(4)
  })

  it('writes what it reads, and refuses other formats', async () => {
    const picture = await readPicture(file('turned.jpg'))
    await writePicture(file('copy.png'), picture)
    expect((await readPicture(file('copy.png'))).data).toEqual(picture.data)
    await expect(writePicture(file('copy.bmp'), picture)).rejects.toThrow(/expected an image name/)
  })

  it('widens gray and sixteen-bit pictures to 8-bit RGB', async () => {
    await sharp({ create: { width: 8, height: 8, channels: 3, background: '#808080' } })
      .toColourspace('b-w')
      .png()
      .toFile(file('gray.png'))
    const gray = await readPicture(file('gray.png'))
    expect(gray.data.length).toBe(192)
    expect([...gray.data.subarray(0, 3)]).toEqual([128, 128, 128])
  })

  it('says when a picture is cut off', async () => {
    await sharp({ create: { width: 200, height: 200, channels: 3, noise: { type: 'gaussian', mean: 128, sigma: 60 }, background: '#000' } })
      .png()
      .toFile(file('whole.png'))
    const whole = readFileSync(file('whole.png'))
    writeFileSync(file('cut.png'), whole.subarray(0, whole.length / 2))
    await expect(readPicture(file('cut.png'))).rejects.toThrow(/damaged or truncated/)
  })
})
