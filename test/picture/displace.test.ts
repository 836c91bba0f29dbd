import { describe, expect, it } from 'vitest'
import { displace } from '../../src/picture/displace.ts'
import { enlargeSquare } from '../../src/picture/enlarge.ts'

const SIZE = 32
/** A soft blob of one channel about a place, in pixels. */
const blob = (x: number, y: number) =>
  Float32Array.from({ length: SIZE * SIZE }, (_, i) =>
    Math.exp(-(((i % SIZE) + 0.5 - x) ** 2 + (Math.floor(i / SIZE) + 0.5 - y) ** 2) / 18),
  )
const even = (x: number, y: number) => Float32Array.from({ length: 2 * 8 * 8 }, (_, i) => (i % 2 === 0 ? x : y) / SIZE)

describe('displacing', () => {
  it('moves what is shown to where the field says', () => {
    const out = displace(blob(14, 16), SIZE, 1, even(2.5, -1.25), 8)
    const wanted = blob(16.5, 14.75)
    expect(Math.max(...out.map((value, i) => Math.abs(value - wanted[i]!)))).toBeLessThan(0.01)
  })

  it('leaves every sample as it is where nothing moves', () => {
    const data = Float32Array.from({ length: SIZE * SIZE * 3 }, (_, i) => ((i * 7919) % 256) / 255)
    expect(displace(data, SIZE, 3, even(0, 0), 8)).toEqual(data)
  })

  it('repeats the border', () => {
    const ramp = Float32Array.from({ length: SIZE * SIZE }, (_, i) => 0.25 + (i % SIZE) / SIZE)
    expect(displace(ramp, SIZE, 1, even(10, 0), 8)[0]).toBeCloseTo(0.25, 6)
    expect(displace(ramp, SIZE, 1, even(-10, 0), 8)[SIZE - 1]).toBeCloseTo(0.25 + 31 / SIZE, 6)
  })

  it('enlarges as enlarging does where nothing moves, and moves as far in what is larger', () => {
    const data = Float32Array.from({ length: SIZE * SIZE * 3 }, (_, i) => ((i * 7919) % 256) / 255)
    const [wanted, still] = [enlargeSquare(data, SIZE, 3, 3), displace(data, SIZE, 3, even(0, 0), 8, 3)]
    expect(Math.max(...still.map((value, i) => Math.abs(value - wanted[i]!)))).toBeLessThan(1e-5)
    const [moved, larger] = [displace(blob(14, 16), SIZE, 1, even(2, 1), 8, 2), enlargeSquare(blob(16, 17), SIZE, 1, 2)]
    expect(Math.max(...moved.map((value, i) => Math.abs(value - larger[i]!)))).toBeLessThan(1e-3)
  })

  it('is smooth between cells that move differently', () => {
    const field = new Float32Array(2 * 8 * 8)
    for (let cell = 0; cell < 64; cell += 1) if (cell % 8 >= 4) field[2 * cell] = 2 / SIZE
    const ramp = Float32Array.from({ length: SIZE * SIZE }, (_, i) => (i % SIZE) / SIZE)
    const row = displace(ramp, SIZE, 1, field, 8).subarray(16 * SIZE, 17 * SIZE)
    for (let x = 2; x < SIZE - 2; x += 1) expect(row[x]! - row[x - 1]!).toBeGreaterThan(-1e-6)
    expect(row[8]! * SIZE).toBeCloseTo(8, 4)
    expect(row[24]! * SIZE).toBeCloseTo(22, 4)
  })
})
