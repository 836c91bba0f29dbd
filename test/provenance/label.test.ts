import { describe, expect, it } from 'vitest'
import { createPicture, type Picture } from '../../src/picture/picture.ts'
import { drawLabel } from '../../src/provenance/index.ts'

function flat(width: number, height: number, value: number): Picture {
  const picture = createPicture(width, height)
  picture.data.fill(value)
  return picture
}

/** Rows that hold white ink. */
function inkRows({ width, height, data }: Picture): number[] {
  return Array.from({ length: height }, (_, y) => y).filter((y) =>
    data.subarray(y * width * 3, (y + 1) * width * 3).some((value) => value > 200),
  )
}

describe('drawLabel', () => {
  it.each([
    [400, 300],
    [1280, 720],
    [720, 1280],
    [3840, 2160],
  ])('letters are 5 %% of the short side of %i × %i high', (width, height) => {
    const picture = flat(width, height, 120)
    drawLabel(picture, 'AI generated')
    const rows = inkRows(picture)
    expect(rows.at(-1)! - rows[0]! + 1).toBeGreaterThanOrEqual(Math.min(width, height) * 0.05 - 1)
    expect(rows[0]).toBeGreaterThan(height * 0.85)
  })

  it('can be read on white and leaves the rest alone', () => {
    const picture = flat(400, 300, 255)
    drawLabel(picture, 'AI GENERATED')
    expect(picture.data.reduce((least, value) => Math.min(least, value))).toBeLessThan(100)
    expect(picture.data.subarray(0, 400 * 3 * 270).every((value) => value === 255)).toBe(true)
  })

  it('shrinks rather than leave the picture', () => {
    const picture = flat(160, 300, 100)
    drawLabel(picture, 'AI GENERATED IMAGE OF A FACE')
    expect(inkRows(picture).length).toBeGreaterThan(0)
    const tiny = flat(3, 3, 100)
    drawLabel(tiny, 'AI')
    expect(tiny.data).toHaveLength(27)
  })

  it('takes accents off and refuses what it cannot draw', () => {
    const [plain, accented] = [flat(400, 300, 0), flat(400, 300, 0)]
    drawLabel(plain, 'GENERE PAR IA')
    drawLabel(accented, 'Généré par IA')
    expect(accented.data).toEqual(plain.data)
    expect(() => drawLabel(plain, '人工智能')).toThrow(/expected a label of Latin letters/)
  })
})
