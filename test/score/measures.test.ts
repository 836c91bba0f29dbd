import { describe, expect, it } from 'vitest'
import { unit } from '../../src/faces/index.ts'
import { createPicture, type GrayPicture, type Picture } from '../../src/picture/picture.ts'
import { PERFECT_DB, psnr } from '../../src/picture/psnr.ts'
import { embedWatermark } from '../../src/provenance/index.ts'
import { type EyeMeasures, eyeDetails } from '../../src/score/eyes.ts'
import { blockFlow, meanGradient, warpingError } from '../../src/score/flow.ts'
import { WorstFrames } from '../../src/score/gallery.ts'
import { type Descriptors, identityScale } from '../../src/score/identity.ts'
import { hullMask, maskedError, meanLab, sharpness } from '../../src/score/pixels.ts'
import { defaultEvery, requireComparable } from '../../src/score/score.ts'
import { traceDetails } from '../../src/score/traces.ts'
import { WatermarkSample } from '../../src/score/watermark.ts'

/** Repeatable noise, 0–1. */
function noise(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function grayOf(size: number, value: (x: number, y: number) => number): GrayPicture {
  return { width: size, height: size, data: Uint8Array.from({ length: size * size }, (_, i) => value(i % size, Math.floor(i / size))) }
}

function flat(size: number, r: number, g: number, b: number): Picture {
  const picture = createPicture(size, size)
  for (let i = 0; i < size * size; i++) picture.data.set([r, g, b], i * 3)
  return picture
}

describe('pixels', () => {
  it('PSNR is 99 dB for no difference and right for a known one', () => {
    expect(psnr(0)).toBe(PERFECT_DB)
    expect(psnr(1)).toBeCloseTo(48.13, 2)
  })

  it('the error counts outside the hull only', () => {
    const square = Float32Array.from([8, 8, 0, 24, 8, 0, 24, 24, 0, 8, 24, 0])
    const a = flat(32, 50, 50, 50)
    const b = flat(32, 50, 50, 50)
    for (let y = 9; y < 23; y++) for (let x = 9; x < 23; x++) b.data.fill(200, (y * 32 + x) * 3, (y * 32 + x) * 3 + 3)
    expect(maskedError(a, b, hullMask(square, 1, 32, 32))).toBe(0)
    expect(maskedError(a, b, hullMask(square, 0.5, 32, 32))).toBeGreaterThan(0)
    expect(maskedError(a, b, hullMask(square, 10, 32, 32))).toBeNull()
  })

  it('sharpness falls with blur', () => {
    const next = noise(5)
    const sharp = grayOf(40, () => next() * 255)
    const soft = grayOf(40, (x, y) => (sharp.data[y * 40 + x]! + sharp.data[y * 40 + Math.min(39, x + 1)]!) / 2)
    const everywhere = grayOf(40, () => 255)
    expect(sharpness(soft, everywhere)).toBeLessThan(sharpness(sharp, everywhere) / 2)
    expect(
      sharpness(
        grayOf(40, () => 7),
        everywhere,
      ),
    ).toBe(0)
  })

  it('Lab of known colours', () => {
    const [outer, inner] = [grayOf(4, () => 255), grayOf(4, () => 0)]
    const white = meanLab(flat(4, 255, 255, 255), outer, inner)!
    expect(white[0]).toBeCloseTo(100, 1)
    expect(Math.hypot(white[1], white[2])).toBeLessThan(0.1)
    const red = meanLab(flat(4, 255, 0, 0), outer, inner)!
    for (const [i, expected] of [53.24, 80.09, 67.2].entries()) expect(red[i]!).toBeCloseTo(expected, 0)
    expect(meanLab(flat(4, 1, 1, 1), inner, inner)).toBeNull()
  })
})

const everywhere = grayOf(96, () => 255)

describe('blockFlow', () => {
  const pattern = (x: number, y: number) => 128 + 60 * Math.sin(x / 5) + 60 * Math.cos(y / 7)

  it('finds a shift and explains it away', () => {
    const before = grayOf(96, pattern)
    const now = grayOf(96, (x, y) => pattern(x - 3, y + 2))
    const moves = blockFlow(now, before, everywhere)
    expect(moves.length).toBeGreaterThan(8)
    expect(moves.every(({ dx, dy }) => dx === -3 && dy === 2)).toBe(true)
    expect(warpingError(now, before, moves)).toBeLessThan(0.5)
  })

  it('stays where it is for noise, and flicker remains an error', () => {
    const next = noise(9)
    const before = grayOf(96, (x, y) => pattern(x, y) + next() * 2)
    const now = grayOf(96, (x, y) => pattern(x, y) + next() * 2)
    const moves = blockFlow(now, before, everywhere)
    expect(moves.every(({ dx, dy }) => dx === 0 && dy === 0)).toBe(true)
    const brighter = grayOf(96, (x, y) => pattern(x, y) + 10)
    expect(warpingError(brighter, before, moves)).toBeGreaterThan(7)
    expect(warpingError(now, before, [])).toBeNull()
  })

  it('errs in proportion to the gradient where motion falls between pixels', () => {
    const [pale, rich] = [1, 2].map((contrast) => {
      const at = (shift: number) => grayOf(96, (x, y) => 128 + 30 * contrast * Math.sin((x + shift) / 4) + 20 * contrast * Math.cos(y / 5))
      const [before, now] = [at(0), at(0.5)]
      const moves = blockFlow(now, before, everywhere)
      return { error: warpingError(now, before, moves)!, gradient: meanGradient(now, moves) }
    })
    expect(rich!.gradient / pale!.gradient).toBeCloseTo(2, 1)
    expect(rich!.error / pale!.error / (rich!.gradient / pale!.gradient)).toBeCloseTo(1, 1)
  })
})

describe('meanGradient', () => {
  const ramp = grayOf(96, (x, y) => 2 * x + (y % 2) / 2)

  it('of a ramp is its slope', () => {
    const moves = blockFlow(ramp, ramp, everywhere)
    expect(moves.length).toBeGreaterThan(8)
    expect(meanGradient(ramp, moves)).toBeCloseTo(2, 6)
    expect(meanGradient(ramp, [])).toBe(0)
  })

  it('is that of the blocks alone', () => {
    const left = grayOf(96, (x) => (x < 48 ? 255 : 0))
    const bent = grayOf(96, (x) => (x < 66 ? x : 66 + 3 * (x - 66)))
    expect(meanGradient(bent, blockFlow(bent, bent, left))).toBeCloseTo(1, 6)
    expect(meanGradient(bent, blockFlow(bent, bent, everywhere))).toBeGreaterThan(1.2)
  })
})

describe('identityScale', () => {
  const toward = (x: number, y: number): Descriptors => ({ judge: unit([x, y, 0.2]), pipeline: unit([x, y, 0.2]) })
  const source = { reference: toward(1, 0), own: [toward(1, 0.05)], faces: 20, others: [] }

  it('is 0 for the target and about 1 for the source', () => {
    const target = toward(0, 1)
    expect(identityScale([{ swap: target, target }], source, 'judge').frames[0]!.scale).toBe(0)
    const { frames } = identityScale([{ swap: toward(1, 0.05), target }], source, 'judge')
    expect(frames[0]!.scale).toBeCloseTo(1, 6)
    expect(frames[0]!.toSource).toBeGreaterThan(frames[0]!.toTarget)
  })

  it('never compares a frame of the target with itself where there are others', () => {
    const pairs = [toward(0, 1), toward(0.3, 1)].map((target) => ({ swap: target, target }))
    for (const { toTarget } of identityScale(pairs, source, 'judge').frames) expect(toTarget).toBeLessThan(0.999)
  })

  it('refuses to place anything between two who look alike', () => {
    const { frames } = identityScale([{ swap: toward(1, 0.1), target: toward(1, 0.06) }], source, 'judge')
    expect(frames[0]!.scale).toBeNull()
    // Cosines to the source: .999 of its own, .93 and .88 of the targets.
    const scaleOf = (target: Descriptors, of: 'judge' | 'pipeline') =>
      identityScale([{ swap: toward(1, 0.1), target }], source, of).frames[0]!.scale
    expect(scaleOf(toward(1, 0.4), 'judge')).toBeNull()
    expect(scaleOf(toward(1, 0.55), 'judge')).toBeGreaterThan(0.9)
    // Whose cosines lie closer together.
    expect(scaleOf(toward(1, 0.4), 'pipeline')).toBeGreaterThan(0.9)
    expect(scaleOf(toward(1, 0.06), 'pipeline')).toBeNull()
  })
})

describe('retrieval', () => {
  const toward = (x: number, y: number, z = 0): Descriptors => ({ judge: unit([x, y, z]), pipeline: unit([x, y, z]) })
  const source = { reference: toward(1, 0), own: [toward(1, 0.1)], faces: 20, others: [toward(0.8, 0, 1), toward(-1, 0)] }
  const target = toward(0, 1)
  const rank = (swap: Descriptors) => identityScale([{ swap, target }], source, 'judge').frames[0]!.rank

  it('counts who is nearer than the source', () => {
    expect(rank(toward(1, 0.2))).toBe(1)
    expect(rank(toward(0.8, 0.1, 0.9))).toBe(2) // another person
    expect(rank(toward(0.2, 1))).toBe(2) // the target
    expect(rank(toward(0.1, 0.9, 1))).toBe(3) // both
  })

  it('gives a tie to the other one', () => {
    expect(rank(toward(1, 1))).toBe(2)
  })
})

describe('eyes over a clip', () => {
  const looks = (target: readonly number[], swap: readonly number[], gazes?: readonly (readonly [number, number])[]) =>
    target.map((opening, i): EyeMeasures => {
      const gaze = gazes?.[i]
      const direction = (x: number) => [x, 0, -Math.sqrt(1 - x * x)] as const
      return {
        opening: { target: opening, swap: swap[i]! },
        gaze: gaze === undefined ? null : { target: direction(gaze[0]), swap: direction(gaze[1]), errorDegrees: 10 * (gaze[1] - gaze[0]) },
      }
    })

  it('knows a blink by each face’s own openness', () => {
    const target = [0.3, 0.3, 0.1, 0.3, 0.3]
    expect(eyeDetails(looks(target, [0.2, 0.2, 0.05, 0.2, 0.2])).eyes.closedF1).toBe(1)
    expect(eyeDetails(looks(target, [0.2, 0.2, 0.2, 0.2, 0.2])).eyes).toMatchObject({ closedF1: 0, r: null })
    expect(eyeDetails(looks(target, [0.05, 0.2, 0.05, 0.2, 0.2])).eyes.closedF1).toBeCloseTo(2 / 3, 6)
    expect(eyeDetails(looks([0.3, 0.3], [0.2, 0.2])).eyes).toMatchObject({ closedF1: null, error: expect.closeTo(0.1, 6) })
  })

  it('tells a stare from eyes that move along, whatever their offset', () => {
    const open = [0.3, 0.3, 0.3, 0.3]
    const moves = [0.1, -0.1, 0.2, 0]
    expect(
      eyeDetails(
        looks(
          open,
          open,
          moves.map((x) => [x, x + 0.1] as const),
        ),
      ).gaze,
    ).toMatchObject({
      motion: expect.closeTo(0, 6),
      r: expect.closeTo(1, 6),
      error: expect.closeTo(1, 6),
      // Root mean square of .05, −.15, .15 and −.05, as sines.
      moved: expect.closeTo((Math.asin(Math.sqrt(0.0125)) * 180) / Math.PI, 6),
      frames: 4,
    })
    expect(
      eyeDetails(
        looks(
          open,
          open,
          moves.map((x) => [x, 0.1] as const),
        ),
      ).gaze,
    ).toMatchObject({ motion: expect.closeTo(1, 6), r: null })
    expect(eyeDetails(looks(open, open)).gaze).toEqual({ error: null, motion: null, moved: null, r: null, frames: 0 })
  })
})

describe('the detector’s view', () => {
  const judge = { version: '1', probability: (logit: number) => 1 / (1 + Math.exp(-logit)) }

  it('is an AUC of a half between equal faces and 1 where all swaps stand out', () => {
    const equal = [-2, 0, 1].map((logit) => ({ target: logit, swap: logit }))
    expect(traceDetails(equal, judge).auc).toBe(0.5)
    const seen = equal.map(({ target }) => ({ target, swap: target + 5 }))
    expect(traceDetails(seen, judge)).toMatchObject({ auc: 1, detector: '1' })
    expect(traceDetails([{ target: 0, swap: 0 }], judge)).toMatchObject({ swap: 0.5, target: 0.5 })
    expect(traceDetails([], judge)).toEqual({ detector: '1', swap: null, target: null, auc: null })
  })
})

describe('watermark', () => {
  const busy = (seed: number) => {
    const next = noise(seed)
    const picture = flat(512, 0, 0, 0)
    for (let i = 0; i < picture.data.length; i++) picture.data[i] = 100 + ((i / 3) % 512) / 8 + next() * 30
    return picture
  }

  it('is read from marked frames, alone too, and not found in others', () => {
    const marked = new WatermarkSample(12)
    const plain = new WatermarkSample(12)
    for (let i = 0; i < 12; i += 4) {
      const picture = busy(i)
      plain.add(i, { ...picture, data: picture.data.slice() })
      embedWatermark(picture, '8b23d7a06e591844')
      marked.add(i, picture)
    }
    expect(marked.read()).toEqual({ state: 'read', id: '8b23d7a06e591844', frames: 3, readAlone: 3 })
    expect(plain.read()).toEqual({ state: 'none', id: null, frames: 3, readAlone: 0 })
  })

  it('takes at most six frames, evenly', () => {
    const sample = new WatermarkSample(60)
    for (let i = 0; i < 60; i++) sample.add(i, flat(8, 0, 0, 0))
    expect(sample.read().frames).toBe(6)
  })
})

describe('WorstFrames', () => {
  it('keeps the worst, apart in time, and draws only what it keeps', () => {
    const worst = new WorstFrames(2, 1)
    let drawn = 0
    const offer = (value: number, timeS: number) =>
      worst.offer(value, { index: timeS * 10, timeS, swap: flat(1, 0, 0, 0), target: flat(1, 0, 0, 0) }, () => {
        drawn += 1
        return flat(1, 0, 0, 0)
      })
    for (const [value, timeS] of [
      [5, 0],
      [6, 0.5],
      [4, 0.9],
      [1, 3],
      [2, 6],
      [0.5, 9],
    ] as const)
      offer(value, timeS)
    expect(worst.frames.map(({ value, timeS }) => [value, timeS])).toEqual([
      [6, 0.5],
      [2, 6],
    ])
    expect(drawn).toBe(4)
  })
})

describe('sampling and comparability', () => {
  const info = (path: string, width: number, kind: 'video' | 'image' = 'video') =>
    ({ path, kind, width, height: 300 }) as Parameters<typeof requireComparable>[0]

  it('judges about a hundred frames whatever the length', () => {
    expect([1, 60, 765, 90_000].map(defaultEvery)).toEqual([1, 1, 8, 900])
  })

  it('names both sizes and both kinds', () => {
    expect(() => requireComparable(info('a.mp4', 400), info('b.mp4', 640))).toThrow(/640×300.*a\.mp4 is 400×300/)
    expect(() => requireComparable(info('a.png', 400, 'image'), info('b.mp4', 400))).toThrow(/a\.png is an image and b\.mp4 a video/)
  })
})
