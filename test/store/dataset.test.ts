import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type AlignedRecord,
  addSource,
  appendFace,
  createAligned,
  createDataset,
  datasetFolder,
  type FaceRecord,
  openDataset,
  readAligned,
  readFaces,
  removeIfEmpty,
  repairFaces,
} from '../../src/store/dataset.ts'
import { scratchFolder } from '../support/data.ts'

let home: string
beforeEach(() => {
  home = scratchFolder('dataset')
})
afterEach(() => rm(home, { recursive: true, force: true }))

const about = { hash: 'f'.repeat(64), subject: 'alice', text: '{}' }
const unit = { x: 0, y: 0, width: 10, height: 10 }

function face(id: string): FaceRecord {
  return {
    id,
    image: `faces/${id}.jpg`,
    source: 'clip.mp4',
    sha256: 'a'.repeat(64),
    frame: 3,
    timeS: 0.12,
    box: unit,
    crop: unit,
    score: 0.9,
    confidence: 1,
    mesh: new Array(1404).fill(1.25),
    descriptor: new Array(128).fill(0.1),
    pose: { yaw: 1, pitch: 2, roll: 3 },
    sharpness: 30,
    thumbnail: 'AAAA',
  }
}

function aligned(id: string): AlignedRecord {
  const { source, frame, timeS, descriptor, pose, sharpness } = face(id)
  const matrix = { a: 1, b: 0, tx: 0, c: 0, d: 1, ty: 0 }
  const files = { image: `aligned/${id}.png`, mask: `aligned/${id}.mask.png` }
  return { id, ...files, sizePx: 64, matrix, points68: new Array(136).fill(4), pose, sharpness, source, frame, timeS, descriptor }
}

const bytes = Buffer.from('picture')

describe('datasets', () => {
  it('reads back what was appended and drops the line that a kill cut', async () => {
    const dataset = await createDataset(home, 'alice', about)
    await addSource(dataset, { file: 'clip.mp4', sha256: 'a'.repeat(64), width: 360, height: 288, fps: 25 })
    await addSource(dataset, { file: 'copy.mp4', sha256: 'a'.repeat(64), width: 360, height: 288 })
    await appendFace(dataset, face('one'), bytes)
    const list = join(dataset.folder, 'faces.jsonl')
    await appendFile(list, JSON.stringify(face('two')).slice(0, 500))
    const again = await openDataset(home, 'alice')
    expect(again.manifest.sources).toHaveLength(1)
    expect((await readFaces(again)).map(({ id }) => id)).toEqual(['one'])
    await repairFaces(again)
    await appendFace(again, face('three'), bytes)
    expect((await readFaces(again)).map(({ id }) => id)).toEqual(['one', 'three'])
  })

  it('names the line that is damaged', async () => {
    const dataset = await createDataset(home, 'alice', about)
    await appendFace(dataset, face('one'), bytes)
    await appendFile(join(dataset.folder, 'faces.jsonl'), '{"id":"two"}\n')
    await expect(readFaces(dataset)).rejects.toThrow(/faces.jsonl, line 2, is damaged/)
  })

  it('says what is missing', async () => {
    await expect(openDataset(home, 'nobody')).rejects.toThrow(/expected a dataset at .* but found none/)
    const dataset = await createDataset(home, 'alice', about)
    await writeFile(join(dataset.folder, 'manifest.json'), '{"schema":2}')
    await expect(openDataset(home, 'alice')).rejects.toThrow(/schema/)
  })

  it('looks plain names up at home and takes anything with a separator for a path', () => {
    expect(datasetFolder(home, 'alice')).toBe(join(home, 'datasets', 'alice'))
    expect(datasetFolder(home, '/data/alice')).toBe('/data/alice')
    expect(() => datasetFolder(home, ' ')).toThrow(/name of a dataset/)
  })

  it('takes back an empty dataset but nothing that was in its folder', async () => {
    const folder = join(home, 'mine')
    await mkdir(folder)
    await writeFile(join(folder, 'diary.txt'), 'dear diary')
    const dataset = await createDataset(home, folder, about)
    await removeIfEmpty(dataset)
    expect(await readFile(join(folder, 'diary.txt'), 'utf8')).toBe('dear diary')
    await expect(openDataset(home, folder)).rejects.toThrow(/found none/)
  })
})

describe('aligned facesets', () => {
  const about = { landmarks: 'facemesh', framing: 'whole-face/1', sheet: bytes } as const

  it('show when they are whole, and not before', async () => {
    const dataset = await createDataset(home, 'alice', { ...about, hash: 'f'.repeat(64), subject: 'alice', text: '{}' })
    await expect(readAligned(dataset)).rejects.toThrow(/has not been aligned/)
    const writer = await createAligned(dataset)
    await writer.add(aligned('one'), bytes, bytes)
    await expect(readAligned(await openDataset(home, 'alice'))).rejects.toThrow(/has not been aligned/)
    await writer.commit(about)
    const again = await openDataset(home, 'alice')
    expect(await readAligned(again)).toEqual([aligned('one')])
    expect(again.manifest.aligned).toEqual({ sizePx: 64, landmarks: 'facemesh', framing: 'whole-face/1', count: 1 })
    const second = await createAligned(again)
    await second.add(aligned('two'), bytes, bytes)
    await second.abort()
    expect((await readAligned(again)).map(({ id }) => id)).toEqual(['one'])
  })

  it('never count as whole with a line missing', async () => {
    const dataset = await createDataset(home, 'alice', { hash: 'f'.repeat(64), subject: 'alice', text: '{}' })
    const writer = await createAligned(dataset)
    await writer.add(aligned('one'), bytes, bytes)
    await writer.add(aligned('two'), bytes, bytes)
    await writer.commit(about)
    const list = join(dataset.folder, 'aligned.jsonl')
    const [first] = (await readFile(list, 'utf8')).split('\n')
    await writeFile(list, `${first}\n`)
    await expect(readAligned(dataset)).rejects.toThrow(/expected 2 aligned faces .* found 1/)
  })
})
