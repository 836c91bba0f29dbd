import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listLabelled } from '../../src/detect/labelled.ts'
import { Tally } from '../../src/detect/tally.ts'
import { PICTURE_WEAR } from '../../src/detect/wear.ts'
import { decodeFrames, probeMedia, reencodeClip, writePicture } from '../../src/media/index.ts'
import { createPicture, type Picture } from '../../src/picture/picture.ts'
import { psnr } from '../../src/picture/psnr.ts'
import { DfkError } from '../../src/work/errors.ts'
import { sampleVideo, scratchFolder } from '../support/data.ts'
import { startDfk } from '../support/dfk.ts'
import { CALIBRATION } from './calibrated.ts'

const folder = scratchFolder('eval')
const set = join(folder, 'set')
let frame: Picture

beforeAll(async () => {
  for (const name of ['set/a/real', 'set/a/fake/deep', 'set/b/c/real', 'set/other']) mkdirSync(join(folder, name), { recursive: true })
  for await (const { index, picture } of decodeFrames(sampleVideo('cap13_edit2.mp4'), { every: 300, maxFrames: 2 })) {
    frame = picture
    await writePicture(join(set, 'a', index === 0 ? 'real/1.png' : 'fake/deep/2.png'), picture)
  }
  await writePicture(join(set, 'b', 'c', 'real', '3.png'), createPicture(200, 200))
  await writePicture(join(set, 'other', '4.png'), createPicture(8, 8))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('labelled files', () => {
  it('are found by folder: the nearest real or fake, in the set above it', async () => {
    expect((await listLabelled(set)).files.map(({ file, ...rest }) => [file.slice(set.length + 1), rest])).toEqual([
      ['a/fake/deep/2.png', { label: 'fake', set: 'a' }],
      ['a/real/1.png', { label: 'real', set: 'a' }],
      ['b/c/real/3.png', { label: 'real', set: 'b/c' }],
    ])
    expect((await listLabelled(join(set, 'a'))).files[0]?.set).toBe('a')
    await expect(listLabelled(join(set, 'other'))).rejects.toThrow(/real and fake/)
  })

  it('are read from a table, relative to where it lies', async () => {
    const table = join(folder, 'list.csv')
    writeFileSync(table, 'label,file\nreal,set/a/real/1.png\nFake,"set/a/fake/deep/2.png"\n')
    const listed = await listLabelled(table)
    expect(listed.files).toEqual([
      { file: join(set, 'a/real/1.png'), label: 'real', set: 'list' },
      { file: join(set, 'a/fake/deep/2.png'), label: 'fake', set: 'list' },
    ])
  })

  it.each([
    ['another label', 'file,label\n\nx.png,dubious\n', /real or fake as label in line 3 of .*list\.csv but found "dubious"/],
    ['a label alone', 'label,file\nfake\n', /2 fields, among them a file, in line 2 of .*list\.csv but found 1/],
    ['no name', 'label,file\nfake, \n', /2 fields, among them a file, in line 2 of .* but found 2 without one/],
    ['a file alone', 'file,label\nx.png\n', /real or fake as label in line 2 of .* but found ""/],
    ['a quote that is left open', 'file,label\n"x.png,real\n', /quotes that close, .* in line 2 of .*list\.csv/],
    ['other columns', 'name;label\nx;real\n', /columns file,label\[,set\] in the first line of .* but found: name;label/],
    ['columns alone', 'file,label\n', /expected labelled files in .*list\.csv but found none/],
    ['two labels for a file', 'file,label\nx.png,real\ny.png,fake\n./x.png,fake\n', /x\.png but found real \(line 2\) and fake \(line 4\)/],
  ])('are not read from a table with %s', async (_, text, message) => {
    const table = join(folder, 'list.csv')
    writeFileSync(table, text)
    const listed = listLabelled(table)
    await expect(listed).rejects.toThrow(message)
    await expect(listed).rejects.toThrow(DfkError)
  })

  it('are not read from a picture, a clip or a table in another code', async () => {
    writeFileSync(join(folder, 'latin.csv'), Buffer.from('file,label\nä.png,real\n', 'latin1'))
    for (const path of [join(set, 'a/real/1.png'), sampleVideo('cap13_edit2.mp4'), join(folder, 'latin.csv')])
      await expect(listLabelled(path)).rejects.toThrow(/expected a folder or a CSV file but .* is not text in UTF-8/)
  })

  it('are taken once where they are listed twice with one label', async () => {
    const table = join(folder, 'list.csv')
    writeFileSync(table, 'file,label\nset/a/real/1.png,real\nset/../set/a/real/1.png,Real\n')
    const { files, repeated } = await listLabelled(table)
    expect(files).toHaveLength(1)
    expect(repeated).toEqual([join(set, 'a/real/1.png')])
  })

  it('are refused in folders too where links give one of them two labels', async () => {
    for (const name of ['links/real', 'links/fake']) mkdirSync(join(folder, name), { recursive: true })
    for (const name of ['links/real/x.png', 'links/fake/y.png']) symlinkSync(join(set, 'a/real/1.png'), join(folder, name))
    await expect(listLabelled(join(folder, 'links'))).rejects.toThrow(
      /expected one label for .*x\.png but found fake \(.*y\.png\) and real/,
    )
  })
})

describe('a tally', () => {
  it('has rows by set, level and wear, what wear costs, and all sets together', () => {
    const tally = new Tally(CALIBRATION)
    const add = (name: string, label: 'real' | 'fake', wear: string, probability: number | null, frames: number[]) =>
      tally.add(
        { file: `${name}-${label}-${probability === null ? 'hidden' : 'seen'}`, set: name, label },
        wear,
        'video',
        probability,
        frames,
      )
    add('x', 'real', 'none', 0.1, [0.1, 0.6])
    add('x', 'fake', 'none', 0.9, [0.5])
    add('x', 'fake', 'none', null, [])
    add('x', 'real', 'CRF 35', 0.9, [0.9])
    add('x', 'fake', 'CRF 35', 0.9, [0.9])
    add('y', 'real', 'none', 0.95, [0.95])
    const rows = tally.rows().map(({ set: name, level, wear, auc, aucDrop, noFace }) => [name, level, wear, auc, aucDrop, noFace])
    expect(rows).toEqual([
      ['x, clips', 'frame', 'none', 0.5, null, 1],
      ['x, clips', 'file', 'none', 1, null, 1],
      ['x, clips', 'frame', 'CRF 35', 0.5, 0, 0],
      ['x, clips', 'file', 'CRF 35', 0.5, 0.5, 0],
      ['y, clips', 'frame', 'none', null, null, 0],
      ['y, clips', 'file', 'none', null, null, 0],
      ['all sets, clips', 'frame', 'none', 1 / 3, null, 1],
      ['all sets, clips', 'file', 'none', 0.5, null, 1],
      // y was not worn: it is in no drop.
      ['all sets, clips', 'frame', 'CRF 35', 0.5, 0, 0],
      ['all sets, clips', 'file', 'CRF 35', 0.5, 0.5, 0],
    ])
  })
})

describe('wear', () => {
  it('changes pictures as it says, the same way each time', async () => {
    for (const [name, wear] of Object.entries(PICTURE_WEAR)) {
      const worn = await wear(frame)
      expect(Buffer.compare(worn.data, (await wear(frame)).data)).toBe(0)
      if (name === 'half size') {
        expect([worn.width, worn.height]).toEqual([frame.width / 2, frame.height / 2])
        continue
      }
      const squared = worn.data.reduce((sum, value, i) => sum + (value - frame.data[i]!) ** 2, 0) / frame.data.length
      const distance = psnr(squared)
      expect(distance).toBeGreaterThan(22)
      expect(distance).toBeLessThan(name === 'noise 8' ? 31 : 45)
    }
  })

  it('encodes clips again, frame by frame', async () => {
    const again = join(folder, 'again.mp4')
    await reencodeClip(sampleVideo('cap13_edit2.mp4'), again, 35)
    const [before, after] = [await probeMedia(sampleVideo('cap13_edit2.mp4')), await probeMedia(again)]
    expect([after.frames, after.width, after.height]).toEqual([before.frames, before.width, before.height])
  })
})

describe('dfk eval', () => {
  it('prints a row a set, and writes what the witnesses read', async () => {
    const readings = join(folder, 'readings.jsonl')
    const { code, json, stderr } = await startDfk(folder, ['eval', set, '--readings', readings, '--wear']).ended
    expect(stderr.match(/warning: .*/g)).toEqual([expect.stringMatching(/^warning: left out: 1 file in neither .*4\.png$/)])
    expect(code).toBe(0)
    const plain = json.filter(({ wear }) => wear === 'none')
    expect(plain.map((row) => [row['set'], row['level'], row['real'], row['fake'], row['noFace']])).toEqual([
      ['a, pictures', 'file', 1, 1, 0],
      ['b/c, pictures', 'file', 0, 0, 1],
      ['all sets, pictures', 'file', 1, 1, 1],
    ])
    expect(new Set(json.map(({ wear }) => wear))).toEqual(new Set(['none', ...Object.keys(PICTURE_WEAR)]))
    const lines = readFileSync(readings, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toHaveLength(15)
    expect(lines[0]).toMatchObject({
      label: 'fake',
      set: 'a',
      wear: 'none',
      readings: { network: { measures: { logit: lines[0].logits[0] } } },
    })
  })

  it('answers what is no labelled folder with one line', async () => {
    const { code, stderr } = await startDfk(folder, ['eval', join(set, 'other')]).ended
    expect(code).toBe(1)
    expect(stderr).toMatch(/^dfk: expected folders named real and fake/)
  })
})
