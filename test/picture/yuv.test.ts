import { describe, expect, it } from 'vitest'
import { drawPatch, type Patch } from '../../src/picture/compose.ts'
import { hdrCurves } from '../../src/picture/hdr.ts'
import type { Affine } from '../../src/picture/picture.ts'
import { chromaSize, type YuvFormat, type YuvPicture, yuvBytes, yuvPicture, yuvScales } from '../../src/picture/yuv.ts'
import { drawLayer, layerOf } from '../../src/picture/yuvDraw.ts'
import { clippedBox, rgbPart } from '../../src/picture/yuvRgb.ts'

const HD: YuvFormat = { width: 64, height: 48, sar: 1, bits: 8, chromaX: 1, chromaY: 1, fullRange: false, kr: 0.2126, kb: 0.0722 }
const FORMATS: readonly (readonly [string, YuvFormat])[] = [
  ['4:2:0', HD],
  ['4:2:2', { ...HD, chromaY: 0 }],
  ['4:4:4', { ...HD, chromaX: 0, chromaY: 0 }],
  ['10 bits', { ...HD, bits: 10 }],
  ['full range', { ...HD, fullRange: true }],
  ['BT.601', { ...HD, kr: 0.299, kb: 0.114 }],
  ['odd sides', { ...HD, width: 61, height: 45 }],
]
const WHOLE = { x: 0, y: 0, width: 64, height: 48 }

/** A picture of one colour, given as R'G'B' in 0–1. */
function flat(format: YuvFormat, [r, g, b]: readonly [number, number, number]): YuvPicture {
  const picture = yuvPicture(format, new Uint8Array(yuvBytes(format)))
  const { black, luma, middle, chroma } = yuvScales(format)
  const light = format.kr * r + (1 - format.kr - format.kb) * g + format.kb * b
  picture.y.fill(Math.round(black + luma * light))
  picture.u.fill(Math.round(middle + (chroma * (b - light)) / (2 * (1 - format.kb))))
  picture.v.fill(Math.round(middle + (chroma * (r - light)) / (2 * (1 - format.kr))))
  return picture
}

function smoothPatch(sizePx: number, amount: (x: number, y: number) => number): Patch {
  const rgb = new Float32Array(sizePx * sizePx * 3)
  const data = new Float32Array(sizePx * sizePx)
  for (let i = 0; i < data.length; i += 1) {
    const [x, y] = [(i % sizePx) / sizePx, Math.floor(i / sizePx) / sizePx]
    rgb.set([0.2 + 0.6 * x, 0.7 - 0.4 * y, 0.3 + 0.3 * x * y], i * 3)
    data[i] = amount(x, y)
  }
  return { sizePx, rgb, mask: { width: sizePx, height: sizePx, data } }
}

const PLACE: Affine = { a: 0.9, b: 0.1, tx: -9, c: -0.1, d: 0.9, ty: -3 }

describe('planar frames', () => {
  it.each(FORMATS)('show one colour as itself: %s', (_, format) => {
    const rgb = [0.8, 0.35, 0.55] as const
    const { data } = rgbPart(flat(format, rgb), clippedBox(WHOLE, format.width, format.height))
    expect(data.length).toBe(format.width * format.height * 3)
    for (const [i, value] of data.entries()) expect(Math.abs(value - 255 * rgb[i % 3]!)).toBeLessThan(2.5)
  })

  it('sites chroma to the left and between the rows', () => {
    const picture = flat(HD, [0.5, 0.5, 0.5])
    // A ramp across: chroma sample c is that of luma column 2c.
    const { width } = chromaSize(HD)
    for (let i = 0; i < picture.v.length; i += 1) picture.v[i] = 100 + 2 * (i % width)
    const { data } = rgbPart(picture, { x: 10, y: 20, width: 20, height: 1 })
    const steps = Array.from({ length: 18 }, (_, x) => data[(x + 1) * 3]! - data[x * 3]!)
    // Red rises evenly by 2 · (1 − kr) · 255 / 224 a column.
    const mean = steps.reduce((a, b) => a + b) / steps.length
    expect(mean).toBeCloseTo(1.793, 1)
    expect(Math.max(...steps) - Math.min(...steps)).toBeLessThanOrEqual(1)
    expect(data[0]).toBeCloseTo(255 * 0.5 + 1.5748 * (110 - 128) * (255 / 224), -0.5)
  })

  it.each(FORMATS)('take a patch as an RGB picture does: %s', (_, format) => {
    const patch = smoothPatch(48, (x, y) => Math.max(0, Math.min(1, 4 * Math.min(x, y, 1 - x, 1 - y))))
    const planar = flat(format, [0.4, 0.5, 0.6])
    const box = clippedBox(WHOLE, format.width, format.height)
    const wanted = rgbPart(planar, box)
    drawPatch(wanted, patch, PLACE)
    drawLayer(planar, layerOf(patch, PLACE, format.width, format.height)!)
    const { data } = rgbPart(planar, box)
    const differences = Array.from(data, (value, i) => Math.abs(value - wanted.data[i]!))
    // Chroma is coarser at the mask's border, and 8 bits of limited range are fewer.
    expect(Math.max(...differences)).toBeLessThanOrEqual(format.chromaX === 0 ? 3 : 8)
    expect(differences.reduce((a, b) => a + b) / differences.length).toBeLessThan(1)
  })

  it('keep every sample where nothing of a patch shows', () => {
    const patch = smoothPatch(48, (x, y) => (Math.hypot(x - 0.5, y - 0.5) < 0.25 ? 1 : 0))
    const picture = flat(HD, [0.4, 0.5, 0.6])
    const before = picture.bytes.slice()
    const layer = layerOf(patch, PLACE, HD.width, HD.height)!
    drawLayer(picture, layer)
    let changed = 0
    for (let y = 0; y < HD.height; y += 1) {
      for (let x = 0; x < HD.width; x += 1) {
        const inside = x >= layer.box.x && x < layer.box.x + layer.box.width && y >= layer.box.y && y < layer.box.y + layer.box.height
        const shows = inside && layer.amount[(y - layer.box.y) * layer.box.width + x - layer.box.x]! > 0
        if (shows) changed += 1
        else expect(picture.y[y * HD.width + x]).toBe(before[y * HD.width + x])
      }
    }
    expect(changed).toBeGreaterThan(300)
    expect(picture.u[0]).toBe(before[HD.width * HD.height])
  })

  it('are not drawn on where a patch lies outside', () => {
    expect(
      layerOf(
        smoothPatch(16, () => 1),
        { a: 1, b: 0, tx: -500, c: 0, d: 1, ty: 0 },
        64,
        48,
      ),
    ).toBeUndefined()
  })
})

describe.each(['smpte2084', 'arib-std-b67'])('the curve of %s', (transfer) => {
  const { toStandard, toHdr } = hdrCurves(transfer)

  it('rises and can be undone', () => {
    let last = -1
    for (let i = 0; i <= 100; i += 1) {
      const standard = toStandard(i / 100)
      expect(standard).toBeGreaterThanOrEqual(last)
      last = standard
      if (standard > 0.02 && standard < 0.98) expect(toHdr(standard)).toBeCloseTo(i / 100, 2)
    }
  })

  it('keeps white paper light and black black', () => {
    // Reference white, 203 cd/m²: 58 % of PQ, 75 % of HLG (ITU-R BT.2408).
    expect(toStandard(transfer === 'smpte2084' ? 0.58 : 0.75)).toBeGreaterThan(0.6)
    expect(toStandard(0)).toBe(0)
  })
})
