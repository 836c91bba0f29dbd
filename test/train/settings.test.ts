import { describe, expect, it } from 'vitest'
import { PRESETS } from '../../src/models/presets.ts'
import type { RunConfig } from '../../src/store/checkpoint.ts'
import { drawsSwaps, keptSettings, newSettings, type Settings, type SettingsRequest, usualOf } from '../../src/train/settings.ts'

const FRAMING = 'whole-face/1'
const ask = (more: Partial<SettingsRequest> = {}): SettingsRequest => ({ name: 'run', training: {}, fromScratch: true, ...more })
const settle = (more: Partial<SettingsRequest> = {}) => newSettings(ask(more), FRAMING, 'facemesh')

const party = { dataset: 'a', consentHash: 'h', subject: 's', descriptor: new Array<number>(128).fill(0), facesSha256: 'f', faces: 9 }
const begun = (settings: Settings): RunConfig => ({ ...settings, source: party, target: party })

describe('a new run', () => {
  it('is the preset with what was asked for, the style before the preset and single values before the style', async () => {
    const { generator, discriminator, batch, training, losses, style } = await settle()
    expect({ generator, discriminator, batch, training }).toEqual({
      generator: PRESETS.quick.generator,
      discriminator: PRESETS.quick.discriminator,
      batch: 4,
      training: PRESETS.quick.training,
    })
    expect([style, losses?.identity]).toEqual(['balanced', 0.5])
    const detail = await settle({ style: 'detail', losses: { dssim: 9 }, training: { rate: 1e-3 } })
    expect(detail.training).toMatchObject({ adversarialWeight: PRESETS.quick.training.adversarialWeight, rate: 1e-3 })
    expect(detail.losses).toMatchObject({ dssim: 9, features: 10 })
    expect((await settle({ shape: { ganFine: 0 } })).discriminator).toEqual({ ...PRESETS.quick.discriminator, fine: 0 })
    expect((await settle({ style: 'likeness' })).training.swapFrom).toBe(0.5)
    expect((await settle({ style: 'likeness', training: { swapFrom: 0.9 } })).training.swapFrom).toBe(0.9)
  })

  it('takes dimensions of both networks', async () => {
    const shape = { size: 96, architecture: 'liae' as const, encoder: [8, 16, 16, 32], code: 5, residuals: 0, ganBase: 8, ganDepth: 2 }
    const { sizePx, generator, discriminator } = await settle({ preset: 'standard', shape })
    expect(sizePx).toBe(96)
    expect(generator).toMatchObject({ sizePx: 96, architecture: 'liae', encoder: [8, 16, 16, 32], code: 5, residuals: 0, inner: 256 })
    expect(discriminator).toMatchObject({ base: 8, depth: 2, spectral: true })
    await expect(settle({ shape: { size: 100 } })).rejects.toThrow(/--size to be a multiple of 16 but found 100/)
    await expect(settle({ style: 'likeness', accumulate: 4 })).rejects.toThrow(/parts of an even number of faces.*--batch 4 in 4/)
    // Discriminators judge no swaps, so that none are drawn for them.
    expect((await settle({ style: 'detail', accumulate: 4 })).accumulate).toBe(4)
    await expect(settle({ batch: 5, accumulate: 2 })).rejects.toThrow(/--batch to be a multiple of --accumulate/)
  })
})

describe('a run that goes on', () => {
  it('keeps what it began with, and is refused what would make it another, by flag', async () => {
    const run = begun(await settle({ losses: { identity: 2 } }))
    const { source: _source, target: _target, ...settings } = run
    expect(keptSettings(ask(), run, FRAMING)).toEqual(settings)
    expect(keptSettings(ask({ seed: 1, shape: { encoder: [48, 96, 192, 384] }, losses: { identity: 2 } }), run, FRAMING)).toEqual(settings)
    const refused: [Partial<SettingsRequest>, RegExp][] = [
      [{ seed: 2 }, /expected --seed 1, as run run began, but found 2/],
      [{ shape: { encoder: [1, 2, 3, 4] } }, /--encoder 48,96,192,384, .* found 1,2,3,4/],
      [{ losses: { identity: 1 } }, /--losses identity 2, .* found 1/],
      [{ style: 'detail' }, /--style balanced/],
      [{ training: { optimizer: 'adabelief' } }, /--optimizer adam/],
    ]
    for (const [more, message] of refused) expect(() => keptSettings(ask(more), run, FRAMING)).toThrow(message)
    expect(() => keptSettings(ask({ fromScratch: true }), { ...run, base: 'b' }, FRAMING)).toThrow(/--from-scratch false/)
    expect(() => keptSettings(ask(), run, 'other/2')).toThrow(/faces aligned as whole-face\/1/)
  })

  it('of a version whose discriminator saw whole faces stays so', async () => {
    const run = begun(await settle())
    const { fine: _, ...whole } = run.discriminator
    const older = { ...run, discriminator: whole }
    expect(keptSettings(ask(), older, FRAMING).discriminator).toEqual(whole)
    expect(keptSettings(ask({ shape: { ganFine: 0 } }), older, FRAMING).discriminator).toEqual(whole)
    expect(() => keptSettings(ask({ shape: { ganFine: 16 } }), older, FRAMING)).toThrow(/--gan-fine 0/)
  })

  it('is advised to try what it has, or what its discriminator is used to', async () => {
    const run = await settle()
    expect(usualOf(run)).toEqual({ augmentation: 0.15, adversarialWeight: 1 })
    expect(usualOf(await settle({ training: { adversarialWeight: 0.3 } })).adversarialWeight).toBe(0.3)
    const without = await settle({ training: { adversarialWeight: 0 } })
    expect(usualOf(without).adversarialWeight).toBe(1)
    expect(usualOf({ ...without, discriminator: { base: 16, depth: 3 } }).adversarialWeight).toBe(0.1)
    // Discriminators of earlier versions judge swaps, and go on doing so.
    const earlier = { ...run, discriminator: { ...run.discriminator, swaps: true } }
    expect([drawsSwaps(run), drawsSwaps(earlier), drawsSwaps({ ...without, discriminator: earlier.discriminator })]).toEqual([
      false,
      true,
      false,
    ])
    expect(drawsSwaps(await settle({ training: { adversarialFrom: 1 } }))).toBe(false)
  })

  it('may take the advice of its log', async () => {
    const run = begun(await settle())
    const { training } = keptSettings(ask({ training: { augmentation: 0, adversarialWeight: 0.2, adversarialFrom: 0.1 } }), run, FRAMING)
    expect(training).toEqual({ ...run.training, augmentation: 0, adversarialWeight: 0.2, adversarialFrom: 0.1 })
  })

  it('whose encoder names other numbers is not trained on', async () => {
    const run = begun(await settle())
    const older = { ...run, generator: { ...run.generator, landmarks: 136 } }
    expect(() => keptSettings(ask(), older, FRAMING)).toThrow(/names 139 numbers of a face but that of run names 136/)
  })
})
