import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readPicture } from '../../src/media/index.ts'
import { captionWidthPx, drawCaption } from '../../src/picture/caption.ts'
import { createPicture } from '../../src/picture/picture.ts'
import { readProvenance, readWatermark } from '../../src/provenance/index.ts'
import { type Column, drawGrid, markedPreview } from '../../src/train/preview.ts'
import { spreadOut } from '../../src/train/spread.ts'
import { scratchFolder } from '../support/data.ts'

describe('drawGrid', () => {
  it('enlarges small faces and draws a heading above each column', () => {
    const columns = Array.from(
      { length: 8 },
      (_, i): Column => (i % 3 === 2 || i === 7 ? [new Float32Array(2 * 64 * 64).fill(1), 1] : [new Float32Array(2 * 64 * 64 * 3), 3]),
    )
    const { width, height, data } = drawGrid(64, 2, columns)
    expect([width, height]).toEqual([8 * 128 + 2 * 8, 26 + 2 * 128])
    const lit = (x: number, y: number) => data[(y * width + x) * 3]! > 128
    for (let column = 0; column < 8; column += 1) {
      const left = column * 128 + Math.floor(column / 3) * 8
      const heading = Array.from({ length: 128 * 14 }, (_, i) => lit(left + (i % 128), 6 + Math.floor(i / 128))).filter(Boolean)
      expect(heading.length).toBeGreaterThan(100)
      expect(lit(left + 64, 26 + 64)).toBe(columns[column]![1] === 1)
    }
  })

  it('leaves large faces as they are', () => {
    expect(drawGrid(224, 1, [[new Float32Array(224 * 224 * 3), 3]]).width).toBe(224)
  })
})

describe('markedPreview', () => {
  const ID = '0123456789abcdef'
  /** Two rows, the smallest sheet that says much: 1040 × 282. */
  const sheet = () =>
    drawGrid(
      64,
      2,
      Array.from(
        { length: 8 },
        (_, i): Column => [Float32Array.from({ length: 2 * 64 * 64 * 3 }, (_, k) => 0.5 + 0.3 * Math.sin(k / (9 + i))), 3],
      ),
    )

  it('marks pixels and metadata, the same way each time', async () => {
    const folder = scratchFolder('preview')
    const file = join(folder, 'step-000001.png')
    const png = await markedPreview(sheet(), ID)
    writeFileSync(file, png)
    expect(readWatermark([await readPicture(file)])).toMatchObject({ id: ID })
    const { marks, declaresSynthetic } = await readProvenance(file)
    expect(declaresSynthetic).toBe(true)
    expect(JSON.parse(marks.find(({ kind }) => kind === 'AIGC')!.value)).toMatchObject({ ProduceID: ID })
    expect((await markedPreview(sheet(), ID)).equals(png)).toBe(true)
    expect(png.includes('CreateDate')).toBe(false)
    rmSync(folder, { recursive: true })
  })
})

describe('drawCaption', () => {
  it('stays inside the picture and skips letters that it lacks', () => {
    const picture = createPicture(20, 8)
    drawCaption(picture, 'i_i', -2, 0, 1)
    expect(captionWidthPx('i_i', 1)).toBe(17)
    expect(picture.data.some((value) => value > 0)).toBe(true)
  })
})

describe('spreadOut', () => {
  it('takes points far apart, in order, and never one twice', () => {
    expect(spreadOut(Float32Array.of(0, 0.1, 5, 5.1, 9.9, 10), 6, 3)).toEqual([0, 2, 5])
    expect(spreadOut(new Float32Array(10), 5, 3)).toHaveLength(3)
    expect(new Set(spreadOut(new Float32Array(10), 5, 9)).size).toBe(5)
  })
})
