import { describe, expect, it } from 'vitest'
import { coverageOf } from '../../src/train/coverage.ts'
import { describeCoverage } from '../../src/train/coverageText.ts'
import { eyeOpening, mouthOpening } from '../../src/train/openings.ts'
import { wrappedWarning } from '../../src/work/wrapped.ts'
import { type Look, listOf } from './list.ts'

/** Faces that look around, every third with an open mouth and every tenth with closed eyes. */
const lively = (count: number, change: Look = {}): Look[] =>
  Array.from({ length: count }, (_, i) => ({
    yaw: (i % 41) - 20,
    pitch: (i % 23) - 11,
    mouth: i % 3 === 0 ? 0.4 : 0,
    eyes: i % 10 === 0 ? 0.1 : 0.28,
    ...change,
  }))

const warningsOf = (source: Look[], target: Look[]) => coverageOf({ source: listOf(source), target: listOf(target) }).warnings

describe('coverage', () => {
  it('has nothing to say of two lively facesets', () => {
    const found = coverageOf({ source: listOf(lively(400)), target: listOf(lively(300)) })
    expect(found.warnings).toEqual([])
    expect(found.covered).toBe(1)
    expect(found.source).toMatchObject({ faces: 400, mouthOpen: 134, eyesClosed: 40, yaw: { from: -60, step: 10 } })
    expect(found.source.yaw.counts.reduce((a, b) => a + b)).toBe(400)
  })

  it('names few faces, and poses that hardly change', () => {
    expect(warningsOf(lively(60), lively(300))).toEqual([expect.stringMatching(/source has few faces, 60/)])
    const still = lively(300, { yaw: 4, pitch: 3 })
    expect(warningsOf(lively(400), still)).toEqual([expect.stringMatching(/target's poses are too uniform.* 0\.0° of yaw/)])
  })

  it("names the target's poses that the source lacks, and where", () => {
    const [warning, ...more] = warningsOf(
      lively(400),
      lively(300).map((look, i) => (i % 2 === 0 ? { ...look, yaw: 45 } : look)),
    )
    expect(warning).toMatch(/cover 50 % of the target's poses.*add footage of the source at yaw 40° to 50°/)
    expect(more).toEqual([])
  })

  it('names expressions that the source lacks', () => {
    const warnings = warningsOf(lively(400, { mouth: 0, eyes: 0.28 }), lively(300))
    expect(warnings).toEqual([
      expect.stringMatching(/open mouths \(100 of 300\).*\(0 of 400\).*talking/),
      expect.stringMatching(/closed eyes \(30 of 300\).*\(0 of 400\).*blinking/),
    ])
  })

  it('draws both histograms within 80 columns', () => {
    const lines = describeCoverage(coverageOf({ source: listOf(lively(100_000)), target: listOf(lively(300)) })).split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(lines).toContainEqual(expect.stringMatching(/^ +-10° to 0° +\d+ █+ +\d+ █+$/))
  })
})

describe('a warning', () => {
  it('is broken into lines, nothing of it lost', () => {
    const text = 'poses and more poses '.repeat(12).trim()
    const lines = wrappedWarning(text).split('\n')
    expect(lines).toHaveLength(4)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(71)
    expect(lines.map((line) => line.trim()).join(' ')).toBe(text)
  })
})

describe('openings', () => {
  const points = new Float32Array(136)
  const put = (index: number, x: number, y: number) => points.set([x, y], 2 * index)
  put(60, 10, 0)
  put(64, 20, 0)
  put(62, 15, -2)
  put(66, 15, 3)
  for (const [corner, other] of [
    [36, 39],
    [42, 45],
  ] as const) {
    put(corner, 0, 0)
    put(other, 10, 0)
    for (const [upper, lower] of [
      [corner + 1, corner + 5],
      [corner + 2, corner + 4],
    ] as const) {
      put(upper, 5, -1)
      put(lower, 5, 2)
    }
  }
  it('are heights over widths', () => {
    expect(mouthOpening(points)).toBeCloseTo(0.5)
    expect(eyeOpening(points)).toBeCloseTo(0.3)
    expect(mouthOpening(new Float32Array(136))).toBe(0)
  })
})
