import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chromaSize, type Samples, type YuvPicture, yuvPicture, yuvScales } from '../../src/picture/yuv.ts'
import { drawLayer, type Layer, layerOf, layPatch, toCodes } from '../../src/picture/yuvDraw.ts'
import { yuvTrial } from './trial.ts'

/** The definition: each sample of a plane moves to the mean of what the pixels it stands for ask, by how much of them shows. */
function expected(plane: Samples, { format }: YuvPicture, layer: Layer, codes: Float32Array, isChroma: boolean): Float64Array {
  const [shiftX, shiftY] = isChroma ? [format.chromaX, format.chromaY] : [0, 0]
  const width = isChroma ? chromaSize(format).width : format.width
  const { box, amount } = layer
  return Float64Array.from(plane, (old, at) => {
    let [shown, asked] = [0, 0]
    for (let dy = 0; dy <= shiftY; dy++) {
      for (let dx = -shiftX; dx <= shiftX; dx++) {
        const x = Math.max(0, Math.min(format.width - 1, ((at % width) << shiftX) + dx)) - box.x
        const y = Math.min(format.height - 1, (Math.floor(at / width) << shiftY) + dy) - box.y
        if (x < 0 || y < 0 || x >= box.width || y >= box.height) continue
        const weight = (amount[y * box.width + x]! * (shiftX === 0 ? 1 : dx === 0 ? 0.5 : 0.25)) / (1 + shiftY)
        shown += weight
        asked += weight === 0 ? 0 : weight * codes[y * box.width + x]!
      }
    }
    return Math.max(0, Math.min(yuvScales(format).most, old + asked - shown * old))
  })
}

const seeds = fc.nat(1e6)
const runs = { numRuns: 60, seed: 1 }

describe('a patch on a planar picture', () => {
  it('moves every sample as far as it shows there, and is rounded', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { picture, patch, place } = yuvTrial(seed)
        const layer = layerOf(patch, place, picture.format.width, picture.format.height)!
        const codes = toCodes(layer, picture.format)
        const wanted = [picture.y, picture.u, picture.v].map((plane, i) => expected(plane, picture, layer, codes[i]!, i > 0))
        drawLayer(picture, layer)
        for (const [i, plane] of [picture.y, picture.u, picture.v].entries()) {
          const far = plane.filter((value, at) => Math.abs(value - wanted[i]![at]!) > 0.502)
          expect([...far]).toEqual([])
        }
      }),
      runs,
    )
  })

  it('is the same with a layer in between', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { picture, patch, place } = yuvTrial(seed)
        const before = picture.bytes.slice()
        const other = yuvPicture(picture.format, picture.bytes.slice())
        drawLayer(picture, layerOf(patch, place, picture.format.width, picture.format.height)!)
        layPatch(other, patch, place)
        expect(other.bytes).toEqual(picture.bytes)
        expect(other.bytes).not.toEqual(before)
      }),
      runs,
    )
  })

  it('shows between its samples what lies between them', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { picture, patch, place } = yuvTrial(seed)
        const { sizePx } = patch
        const slopes = (x: number, y: number) => [x / sizePx, 0.5 - (0.4 * y) / sizePx, 0.3 + (0.2 * (x - y)) / sizePx]
        const at = (i: number) => slopes((i % sizePx) + 0.5, Math.floor(i / sizePx) + 0.5)
        const rgb = Float32Array.from({ length: sizePx * sizePx * 3 }, (_, i) => at(Math.floor(i / 3))[i % 3]!)
        const mask = { width: 4, height: 4, data: new Float32Array(16).fill(0.6) }
        const { box, amount, rgb: found } = layerOf({ sizePx, rgb, mask }, place, picture.format.width, picture.format.height)!
        const within = (value: number) => Math.max(0.5, Math.min(sizePx - 0.5, value))
        for (const [i, shown] of amount.entries()) {
          const [x, y] = [box.x + (i % box.width) + 0.5, box.y + Math.floor(i / box.width) + 0.5]
          const [u, v] = [place.a * x + place.b * y + place.tx, place.c * x + place.d * y + place.ty]
          const inside = u >= 0 && v >= 0 && u < sizePx && v < sizePx
          expect(shown).toBeCloseTo(inside ? 0.6 : 0, 6)
          if (inside)
            for (const [k, value] of slopes(within(u), within(v)).entries()) expect(Math.abs(found[3 * i + k]! - value)).toBeLessThan(1e-5)
        }
      }),
      { numRuns: 10, seed: 1 },
    )
  })
})
