import { describe, expect, it } from 'vitest'
import { blurPlane } from '../../src/picture/plane.ts'
import { DetailMatcher } from '../../src/swap/detail.ts'
import { GrainMatcher, lumaOf, noiseLevel } from '../../src/swap/grain.ts'
import { facePixels, field, noisy, paint } from './seamSupport.ts'

const SIZE = 64
const weights = field(SIZE, () => 1)
const everywhere = () => 1
const crisp = paint(SIZE, (x, y) => 0.5 + 0.15 * Math.sign(Math.sin(24 * x)) * Math.sign(Math.sin(20 * y)))

function blurred(rgb: Float32Array, sigma: number): Float32Array {
  const out = rgb.slice()
  for (let k = 0; k < 3; k += 1) {
    const data = Float32Array.from({ length: SIZE * SIZE }, (_, i) => rgb[i * 3 + k]!)
    blurPlane({ width: SIZE, height: SIZE, data }, sigma).data.forEach((value, i) => {
      out[i * 3 + k] = value
    })
  }
  return out
}

/** Energy between neighbours. */
function edges(rgb: Float32Array): number {
  let sum = 0
  for (let i = 3; i < rgb.length; i += 1) sum += (rgb[i]! - rgb[i - 3]!) ** 2
  return sum
}

describe('sharpness', () => {
  const only = { share: 1, sharpen: 0 }

  it.each([
    ['sharpens a soft rendering for crisp footage', blurred(crisp, 1), crisp],
    ['softens a crisp rendering for blurred footage', crisp, blurred(crisp, 1.5)],
  ])('%s', (_, rendered, target) => {
    const out = new DetailMatcher().match(rendered, target, weights, SIZE, only, 0)
    const off = (data: Float32Array) => Math.abs(Math.log(edges(data) / edges(target)))
    expect(off(out)).toBeLessThan(0.8 * off(rendered))
  })

  it('heeds no difference of contrast or brightness', () => {
    const pale = crisp.map((value) => 0.2 + 0.5 * value)
    const out = new DetailMatcher().match(crisp, pale, weights, SIZE, only, 0)
    expect(Math.max(...out.map((value, i) => Math.abs(value - crisp[i]!)))).toBeLessThan(0.005)
  })

  it('leaves flat colour and the way of things alone', () => {
    const flat = paint(SIZE, (_x, _y, c) => [0.6, 0.4, 0.3][c]!)
    const out = new DetailMatcher().match(flat, crisp, weights, SIZE, { share: 1, sharpen: 1 }, 0)
    expect(Math.max(...out.map((value, i) => Math.abs(value - flat[i]!)))).toBeLessThan(1e-5)
    expect(new DetailMatcher().match(flat, crisp, weights, SIZE, { share: 0, sharpen: 0 }, 0)).toBe(flat)
  })

  it('follows a smear within three frames', () => {
    const matcher = new DetailMatcher()
    const soft = blurred(crisp, 1.5)
    const at = (target: Float32Array, timeS: number) => edges(matcher.match(crisp, target, weights, SIZE, only, timeS))
    const before = at(crisp, 0)
    const first = at(soft, 0.04)
    at(soft, 0.08)
    const third = at(soft, 0.12)
    const settled = edges(new DetailMatcher().match(crisp, soft, weights, SIZE, only, 0))
    expect(first).toBeLessThan(before)
    expect((before - third) / (before - settled)).toBeGreaterThan(0.7)
  })
})

describe('grain', () => {
  const smooth = lumaOf(facePixels(SIZE))

  it.each([0.005, 0.01, 0.03])('is measured in spite of a face’s features (%f)', (deviation) => {
    expect(noiseLevel(noisy(smooth, deviation, 5), everywhere, SIZE) / deviation).toBeCloseTo(1, 0)
    expect(Math.abs(noiseLevel(noisy(smooth, deviation, 5), everywhere, SIZE) / deviation - 1)).toBeLessThan(0.2)
  })

  function grained(seed: number, deviation: number, times: readonly number[]): Float32Array[] {
    const matcher = new GrainMatcher()
    return times.map((timeS, i) => {
      const rgb = facePixels(SIZE)
      matcher.add(rgb, { footage: noisy(smooth, deviation, seed + i), rendered: lumaOf(rgb) }, everywhere, SIZE, 1, 1, timeS)
      return rgb
    })
  }

  it('is laid over a clean face as much as the footage has', () => {
    const [, , last] = grained(6, 0.02, [0, 0.04, 0.08])
    expect(Math.abs(noiseLevel(lumaOf(last!), everywhere, SIZE) / 0.02 - 1)).toBeLessThan(0.25)
  })

  it('is the same for the same time and another for the next', () => {
    const [a, b] = [grained(6, 0.02, [0, 0.04]), grained(6, 0.02, [0, 0.04])]
    expect(a[1]).toEqual(b[1])
    const clean = facePixels(SIZE)
    const noise = (frame: Float32Array) => frame.map((value, i) => value - clean[i]!)
    const [first, second] = [noise(a[0]!), noise(a[1]!)]
    const dot = (p: Float32Array, q: Float32Array) => p.reduce((sum, value, i) => sum + value * q[i]!, 0)
    expect(Math.abs(dot(first, second)) / Math.sqrt(dot(first, first) * dot(second, second))).toBeLessThan(0.1)
  })

  it('takes texture that stays for no grain', () => {
    const matcher = new GrainMatcher()
    const texture = noisy(smooth, 0.02, 8)
    let rgb = facePixels(SIZE)
    for (let frame = 0; frame < 25; frame += 1) {
      rgb = facePixels(SIZE)
      matcher.add(rgb, { footage: texture, rendered: lumaOf(rgb) }, everywhere, SIZE, 1, 1, frame * 0.04)
    }
    expect(noiseLevel(lumaOf(rgb), everywhere, SIZE)).toBeLessThan(0.003)
  })
})
