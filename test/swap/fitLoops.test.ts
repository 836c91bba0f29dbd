import { describe, expect, it } from 'vitest'
import { seedRandom } from '../../src/models/random.ts'
import { enlargeSquare } from '../../src/picture/enlarge.ts'
import { rgbToLab } from '../../src/picture/lab.ts'
import { blurPlane, blurRadius, erodePlane, type Plane } from '../../src/picture/plane.ts'
import { warpAffine, warpToReal } from '../../src/picture/warp.ts'
import { enlargeFace } from '../../src/swap/fitted.ts'
import { shapeMask } from '../../src/swap/mask.ts'
import { bleedOutwards, matchBorder } from '../../src/swap/seam.ts'
import { ramp } from '../../src/work/ramp.ts'
import { field, labToRgb } from './seamSupport.ts'

// The compiled loops against what they stand for, written with planes: bit for bit, at sizes that are no multiple of a vector too.
const SIZES = [61, 64, 130]

function random(count: number, seed: number): Float32Array {
  const { uniform } = seedRandom(seed)
  return Float32Array.from({ length: count }, () => uniform())
}

const oval = (sizePx: number) => field(sizePx, (x, y) => Math.max(0, Math.min(1, 4 - 12 * Math.hypot(x - 0.5, y - 0.5))))

const channelOf = (rgb: Float32Array, channel: number) => rgb.filter((_, i) => i % 3 === channel)

function planeBy(data: Float32Array, sizePx: number): Plane {
  return { width: sizePx, height: sizePx, data }
}

/** `rgb` with a number added to each sample, in double precision. */
function added(rgb: Float32Array, shift: (pixel: number, channel: number) => number): Float32Array {
  return rgb.map((value, i) => value + shift(Math.floor(i / 3), i % 3))
}

describe.each(SIZES)('fitting at %i px', (sizePx) => {
  const count = sizePx * sizePx
  const rgb = random(3 * count, 1)
  const target = random(3 * count, 2)
  const mask = oval(sizePx)

  it('carries colours outwards as the mean of the sure ones around', () => {
    const blur = (data: Float32Array) => blurPlane(planeBy(data, sizePx), 0.035 * sizePx).data
    const sure = erodePlane(planeBy(mask, sizePx), 1).data.map((value) => value * value)
    const weight = blur(sure)
    const near = [0, 1, 2].map((channel) => blur(sure.map((value, i) => value * rgb[3 * i + channel]!)))
    const expected = added(rgb, (i, channel) => {
      if (weight[i]! < 0.01) return 0
      const off = near.map((data, k) => data[i]! / weight[i]! - rgb[3 * i + k]!)
      const light = 0.2126 * off[0]! + 0.7152 * off[1]! + 0.0722 * off[2]!
      return (1 - sure[i]!) * (off[channel]! - light) + (1 - mask[i]! * mask[i]!) * light
    })
    expect(bleedOutwards(rgb, mask, sizePx)).toEqual(expected)
  })

  it('spreads the difference along the border inwards', () => {
    const visible = random(count, 3)
    const blur = (data: Float32Array) => blurPlane(planeBy(data, sizePx), 0.09 * sizePx).data
    const band = mask.map((value, i) => 4 * value * (1 - value) * visible[i]!)
    const weight = blur(band)
    const spread = [0, 1, 2].map((channel) => {
      const [theirs, ours] = [channelOf(target, channel), channelOf(rgb, channel)]
      return blur(band.map((value, i) => value * Math.max(-0.25, Math.min(0.25, theirs[i]! - ours[i]!))))
    })
    const expected = added(rgb, (i, channel) => {
      const w = weight[i]!
      return w > 1e-4 ? (spread[channel]![i]! / w) * Math.min(1, w / 0.12) : 0
    })
    expect(matchBorder(rgb, target, mask, visible, sizePx)).toEqual(expected)
  })

  it.each([
    [2, 4],
    [0, 0],
    [-3, 6],
  ])('draws the mask in by %i %% and feathers it by %i %%', (erodePercent, blurPercent) => {
    const hull = oval(sizePx).map((value, i) => (i % sizePx < sizePx / 2 ? value : 0))
    const generated = random(count, 4)
    const outline = erodePlane(planeBy(hull, sizePx), -Math.round(sizePx * 0.025)).data
    const rim = Math.max(1, Math.round(sizePx * 0.03))
    const isOff = (at: number, width: number) => at < width || at >= sizePx - width
    const within = (width: number) => (value: number, i: number) =>
      isOff(i % sizePx, width) || isOff(Math.floor(i / sizePx), width) ? 0 : value
    const inside = generated.map((value, i) => Math.min(value, outline[i]!)).map(within(rim))
    const eroded = erodePlane(planeBy(inside, sizePx), Math.round((sizePx * erodePercent) / 100))
    const blurred = blurPlane(eroded, (sizePx * blurPercent) / 100).data.map(within(1))
    const fade = rim + 2 * blurRadius((sizePx * blurPercent) / 100)
    const rising = (at: number) => Math.fround(ramp(Math.min(at, sizePx - 1 - at), [0, fade]))
    const expected = blurred.map((value, i) => value * (rising(i % sizePx) * rising(Math.floor(i / sizePx))))
    const found = shapeMask(planeBy(generated, sizePx), planeBy(hull, sizePx), { kind: 'both', erodePercent, blurPercent })
    expect(found.data).toEqual(expected)
  })

  it('makes a face as large as it is drawn, and its map with it', () => {
    const matrix = { a: 0.5, b: 0.1, tx: 3, c: -0.1, d: 0.5, ty: -7 }
    const large = enlargeFace({ sizePx, rgb, mask: planeBy(mask, sizePx), matrix, finer: 3 })
    expect(large).toMatchObject({ sizePx: 3 * sizePx, finer: 1, matrix: { a: 1.5, tx: 9, ty: -21 } })
    expect(large.rgb).toEqual(enlargeSquare(rgb, sizePx, 3, 3))
  })
})

describe('numbers for networks', () => {
  it.each([1, 255])('are the bytes of a warped picture divided by %i', (divisor) => {
    const picture = { width: 256, height: 3, data: Uint8Array.from({ length: 256 * 9 }, (_, i) => i % 256) }
    const matrix = { a: 1, b: 0.02, tx: -0.3, c: 0, d: 40, ty: 0 }
    const bytes = warpAffine(picture, matrix, 192, 192).data
    const into = new Float32Array(192 * 192 * 3).fill(9)
    const found = warpToReal(picture, matrix, 192, divisor, 'black', into)
    expect(found).toBe(into)
    expect(found).toEqual(Float32Array.from(bytes, (value) => value / divisor))
    expect(new Set(bytes).size).toBeGreaterThan(200)
  })
})

describe('colours that are no numbers', () => {
  it('stay within the tables', () => {
    const broken = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
    for (const value of labToRgb(rgbToLab(broken))) expect(value).toSatisfy((it: number) => it >= 0 && it <= 1)
  })
})
