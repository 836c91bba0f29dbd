import { describe, expect, it } from 'vitest'
import { adviceOf, standingAdvice } from '../../src/train/advice.ts'
import { historyOf, type Said, statsOf } from './history.ts'

const usual = { augmentation: 0.15, adversarialWeight: 0.1 }
const STEPS = 6000
const falling = statsOf(STEPS, (step) => 1 / (1 + step / 1000))
const level = statsOf(STEPS, () => 0.4)
const twelve = (of: (i: number) => Said) => historyOf(Array.from({ length: 12 }, (_, i) => of(i)))
const rise = (i: number): Said => ({ ssim: 0.85 + 0.005 * i })
const flat: Said = { ssim: 0.94 }

describe('advice about warp', () => {
  const warp = (validations: ReturnType<typeof historyOf>, stats = falling) =>
    standingAdvice({ validations, stats, usual }).find((text) => text.startsWith('warp'))

  it('keeps it on while unseen faces follow the loss on training faces', () => {
    expect(warp(twelve(rise))).toMatch(
      /^warp: keep on: the loss on training faces still falls \(−\d+\.\d % a 1000 steps\) and unseen faces follow \(SSIM \+0\.020 in 2000 steps\)$/,
    )
    expect(warp(twelve(() => flat))).toMatch(/keep on: .* still falls .* though unseen faces do not gain \(SSIM ±0\.000/)
    expect(warp(twelve(rise), level)).toMatch(/keep on: .* is flat \(±0\.0 %.*but unseen faces follow/)
  })

  it('lets it go off where both are flat', () => {
    expect(
      warp(
        twelve(() => flat),
        level,
      ),
    ).toBe(
      "warp: can go off (--augment 0): training faces' loss (±0.0 % a 1000 steps) and unseen faces (SSIM ±0.000 in 2000 steps) are flat",
    )
  })

  it('wants it on where training faces are learned by heart', () => {
    const fall = (i: number): Said => ({ ssim: 0.94 - 0.003 * Math.max(0, i - 6) })
    expect(warp(twelve(fall))).toMatch(/should stay on, or grow.*SSIM fell from 0\.940 to 0\.928 while .* falls .*overfitting/)
    expect(warp(twelve((i) => ({ ...fall(i), warp: 0 })))).toMatch(/should come back on \(--augment 0\.15\).*overfitting/)
  })

  it('has nothing to say of warp that is off and not missed, nor after few validations', () => {
    expect(warp(twelve((i) => ({ ...rise(i), warp: 0 })))).toBeUndefined()
    expect(standingAdvice({ validations: twelve(rise).slice(0, 7), stats: falling, usual })).toEqual([])
    expect(standingAdvice({ validations: [], stats: [], usual })).toEqual([])
  })
})

describe('advice about the discriminator', () => {
  const gan = (validations: ReturnType<typeof historyOf>, stats = level) =>
    standingAdvice({ validations, stats, usual }).find((text) => text.startsWith('GAN'))
  /** Eight validations without, four with. */
  const joined = (since: Partial<Said>) => twelve((i) => (i < 8 ? flat : { ...flat, gan: true, ganWeight: 0.1, ...since }))

  it('has it wait while unseen faces gain', () => {
    expect(gan(twelve(rise))).toBe('GAN: not yet: SSIM of unseen faces still rises by 0.0050 a validation')
  })

  it('lets it come on, or says that it is not needed, once they are flat', () => {
    expect(gan(twelve(() => flat))).toBe(
      "GAN: can come on (--gan-weight 0.1 --gan-from 0): reconstruction is flat (SSIM ±0.000 in 2000 steps), sharpness 0.60 of the real faces'",
    )
    expect(gan(twelve(() => ({ ...flat, sharpness: 0.95 })))).toMatch(/not needed: .*sharpness is 0\.95/)
  })

  it('says that it is too strong, with what was lost', () => {
    expect(gan(joined({ identity: 0.44 }))).toBe(
      'GAN: too strong: identity fell from 0.50 to 0.44 since it came on before step 4500: lower --gan-weight (now 0.1)',
    )
    expect(gan(joined({ ssim: 0.92 }))).toMatch(/too strong: SSIM of unseen faces fell from 0\.940 to 0\.920/)
  })

  it('says whether it sharpens, and where the discriminator wins', () => {
    expect(gan(joined({ sharpness: 0.75 }))).toMatch(
      /faces have grown sharper since it came on before step \d+: sharpness 0\.60 → 0\.75, SSIM ±0\.000, identity ±0\.00; whether by it/,
    )
    expect(gan(joined({ identity: null }))).toMatch(/no sharper since it came on before step \d+: sharpness 0\.60 → 0\.60, SSIM ±0\.000$/)
    expect(
      gan(
        joined({}),
        statsOf(STEPS, () => 0.4, { adversarial: 3, discriminator: 0.05 }),
      ),
    ).toMatch(/discriminator wins: its loss is 0\.05/)
    expect(gan(twelve((i) => ({ ...flat, gan: i > 9 })))).toBeUndefined()
  })
})

describe('adviceOf', () => {
  it('speaks only when the advice changes', () => {
    const validations = twelve((i) => (i < 10 ? rise(i) : flat))
    const at = (count: number) =>
      adviceOf({ validations: validations.slice(0, count), stats: falling.filter(({ step }) => step <= 500 * count), usual })
    expect(at(8)).toEqual([expect.stringMatching(/^warp: keep/), expect.stringMatching(/^GAN: not yet/)])
    expect(at(9)).toEqual([])
  })
})
