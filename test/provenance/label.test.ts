import { describe, expect, it } from 'vitest'
import { createPicture, type Picture } from '../../src/picture/picture.ts'
import { drawLabel, LABEL_PLACES, labelLayer } from '../../src/provenance/index.ts'

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
  ])('letters are a twentieth of the short side of %i × %i high', (width, height) => {
    const picture = flat(width, height, 120)
    drawLabel(picture, { text: 'AI generated', place: 'bottom-left' })
    const rows = inkRows(picture)
    expect(rows.at(-1)! - rows[0]! + 1).toBeGreaterThanOrEqual(Math.min(width, height) * 0.05 - 1)
    expect(rows[0]).toBeGreaterThan(height * 0.85)
  })

  it('can be read on white and leaves the rest alone', () => {
    const picture = flat(400, 300, 255)
    drawLabel(picture, { text: 'AI GENERATED', place: 'bottom-left' })
    expect(picture.data.reduce((least, value) => Math.min(least, value))).toBeLessThan(100)
    expect(picture.data.subarray(0, 400 * 3 * 270).every((value) => value === 255)).toBe(true)
  })

  it('shrinks rather than leave the picture', () => {
    const picture = flat(160, 300, 100)
    drawLabel(picture, { text: 'AI GENERATED IMAGE OF A FACE', place: 'bottom-left' })
    expect(inkRows(picture).length).toBeGreaterThan(0)
    const tiny = flat(3, 3, 100)
    drawLabel(tiny, { text: 'AI', place: 'bottom-left' })
    expect(tiny.data).toHaveLength(27)
  })

  it('takes accents off and refuses what it cannot draw', () => {
    const [plain, accented] = [flat(400, 300, 0), flat(400, 300, 0)]
    drawLabel(plain, { text: 'GENERE PAR IA', place: 'bottom-left' })
    drawLabel(accented, { text: 'Généré par IA', place: 'bottom-left' })
    expect(accented.data).toEqual(plain.data)
    expect(() => drawLabel(plain, { text: '东京', place: 'bottom-left' })).toThrow(/expected Latin letters, .*人工智能生成 but found "东"/)
  })

  it.each([
    [400, 300],
    [1280, 720],
    [720, 1280],
  ])('draws Chinese at a twentieth of the short side of %i × %i at least, whole', (width, height) => {
    const picture = flat(width, height, 0)
    drawLabel(picture, { text: '人工智能生成', place: 'top-right' })
    const rows = inkRows(picture)
    // The characters leave a dot of their sixteen free.
    expect(rows.at(-1)! - rows[0]! + 1).toBeGreaterThanOrEqual(Math.min(width, height) * 0.05 * (15 / 16) - 1)
    expect(rows[0]).toBeLessThan(height * 0.05)
    const ink = (x: number) => rows.some((y) => picture.data[(y * width + x) * 3]! > 200)
    const columns = Array.from({ length: width }, (_, x) => x).filter(ink)
    expect(columns[0]).toBeGreaterThan(width / 2 - 100)
    expect(columns.at(-1)).toBeLessThan(width - 1)
  })

  it.each(LABEL_PLACES)('lies in the corner %s, as a layer too', (place) => {
    const picture = flat(400, 300, 255)
    drawLabel(picture, { text: 'AI', place })
    const dark = (x: number, y: number) => picture.data[(y * 400 + x) * 3]! < 200
    const corners = { 'bottom-left': dark(1, 298), 'bottom-right': dark(398, 298), 'top-left': dark(1, 1), 'top-right': dark(398, 1) }
    expect(Object.entries(corners).filter(([, isDark]) => isDark)).toEqual([[place, true]])
    const { box } = labelLayer(400, 300, { text: 'AI', place })
    expect([dark(box.x, box.y), dark(box.x + box.width - 1, box.y + box.height - 1)]).toEqual([true, true])
  })
})
