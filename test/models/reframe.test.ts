import { beforeAll, describe, expect, it } from 'vitest'
import { invertFraming, reframe } from '../../src/models/reframe.ts'
import { tf } from '../../src/tensor/index.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const SIZE = 16
const same = { scale: 1, shiftX: 0, shiftY: 0 }

/** Each channel a slope across, the third one down. */
function slopes(): tf.Tensor4D {
  const data = Array.from({ length: SIZE * SIZE }, (_, i) => [
    ((i % SIZE) + 0.5) / SIZE,
    1 - ((i % SIZE) + 0.5) / SIZE,
    (Math.floor(i / SIZE) + 0.5) / SIZE,
  ])
  return tf.tensor4d(data.flat(), [1, SIZE, SIZE, 3])
}

describe('cutting pictures out anew', () => {
  it('changes nothing where nothing changes, but the order of channels if asked', () => {
    const x = slopes()
    expect(Array.from(reframe(x, same, { outside: 'border' }).dataSync())).toEqual(Array.from(x.dataSync()))
    const turned = reframe(x, same, { outside: 'border', reverse: true }).dataSync()
    expect(Array.from(turned)).toEqual(Array.from(tf.reverse(x, 3).dataSync()))
  })

  it('reads the old picture where the framing says', () => {
    const framing = { scale: 0.5, shiftX: 0.25, shiftY: 0.125 }
    const out = reframe(slopes(), framing, { outside: 'border' }).arraySync()[0]!
    for (const [y, row] of out.entries()) {
      for (const [x, [across, back, down]] of row.entries()) {
        expect(across).toBeCloseTo(0.5 * ((x + 0.5) / SIZE) + 0.25, 5)
        expect(back).toBeCloseTo(1 - across!, 5)
        expect(down).toBeCloseTo(0.5 * ((y + 0.5) / SIZE) + 0.125, 5)
      }
    }
  })

  it('comes back to where it was, and leaves nothing outside', () => {
    const framing = { scale: 0.9, shiftX: 0.02, shiftY: 0.08 }
    const there = reframe(slopes(), framing, { outside: 'border' })
    const back = reframe(there, invertFraming(framing), { outside: 'border' }).arraySync()[0]!
    expect(back[8]![8]![0]).toBeCloseTo(8.5 / SIZE, 5)
    expect(back[8]![8]![2]).toBeCloseTo(8.5 / SIZE, 5)
    const mask = reframe(tf.ones([1, SIZE, SIZE, 1]), invertFraming(framing), { outside: 'nothing' }).arraySync()[0]!
    expect(mask[0]![8]![0]).toBeCloseTo(0, 5)
    expect(mask[8]![8]![0]).toBeCloseTo(1, 5)
  })
})
