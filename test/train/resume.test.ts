import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { adamRate } from '../../src/models/optimizer.ts'
import { PRESETS } from '../../src/models/presets.ts'
import { latestCheckpoint, openRun } from '../../src/store/checkpoint.ts'
import { type Device, openDevice } from '../../src/tensor/index.ts'
import { intend } from '../../src/train/begin.ts'
import { trainRun } from '../../src/train/train.ts'
import { DfkError, InterruptedError } from '../../src/work/errors.ts'
import { scratchFolder } from '../support/data.ts'
import { keepingNetworks } from '../support/networks.ts'
import { makeFaceset } from './fixture.ts'
import { historyOf } from './history.ts'
import { runningSteps } from './steps.ts'
import { intendTiny, type TinyTraining } from './tiny.ts'

let home: string
let device: Device

beforeAll(async () => {
  home = scratchFolder('train')
  device = keepingNetworks(await openDevice('cpu', { sharesCores: true }))
  await makeFaceset(home, 'ann')
  await makeFaceset(home, 'bob')
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

const tinyIntent = (name: string, training: TinyTraining = {}) => intendTiny(home, name, training)
const every = { saveEvery: 1000, previewEvery: 1000 }

async function hashes(name: string) {
  return (await latestCheckpoint(await openRun(home, name)))!.sha256
}

describe('training', () => {
  it('goes on bit for bit: 6 + 6 steps are 12 steps, through every phase', async () => {
    await trainRun(await tinyIntent('whole'), device, { plan: { kind: 'steps', total: 12 }, ...every })
    await trainRun(await tinyIntent('halves'), device, { plan: { kind: 'steps', total: 6 }, ...every })
    const result = await trainRun(await tinyIntent('halves'), device, { plan: { kind: 'steps', total: 12 }, ...every })
    expect(result.step).toBe(12)
    expect(await hashes('halves')).toEqual(await hashes('whole'))
    const stats = readFileSync(join(home, 'checkpoints', 'halves', 'stats.jsonl'), 'utf8')
      .trim()
      .split('\n')
    expect(stats.map((line) => JSON.parse(line).step)).toEqual([6, 12])
    expect(JSON.parse(stats[1]!)).toHaveProperty('discriminator')
  })

  it('goes on bit for bit from any point, with every kind of state that there is', async () => {
    const intent = async (name: string) => {
      const tiny = await tinyIntent(name)
      if (!tiny.isNew) return tiny
      const { settings } = tiny
      const more = {
        batch: 4,
        accumulate: 2,
        discriminator: { base: 4, depth: 2, spectral: true, code: 4, gain: 8, swaps: true, fine: 16 },
      }
      return {
        ...tiny,
        settings: { ...settings, ...more, training: { ...settings.training, rateShare: 0.5, optimizer: 'adabelief' as const } },
      }
    }
    await trainRun(await intent('allWhole'), device, { plan: { kind: 'steps', total: 15 }, ...every })
    for (const total of [3, 6, 10, 13, 15]) await trainRun(await intent('allParts'), device, { plan: { kind: 'steps', total }, ...every })
    expect(await hashes('allParts')).toEqual(await hashes('allWhole'))
    const stats = readFileSync(join(home, 'checkpoints', 'allParts', 'stats.jsonl'), 'utf8')
      .trim()
      .split('\n')
    expect(Object.keys(JSON.parse(stats.at(-1)!))).toEqual(
      expect.arrayContaining(['follow', 'features', 'code', 'dssim', 'pixels', 'accents', 'mask', 'ganWeight', 'swapWeight', 'augment']),
    )
  })

  it('stays at its end when it is run again, says that there is nothing to do, and validates', async () => {
    const before = await hashes('whole')
    const notes: string[] = []
    const onNote = (text: string) => notes.push(text)
    const result = await trainRun(await tinyIntent('whole'), device, { plan: { kind: 'steps', total: 12 }, ...every, onNote })
    await trainRun(await tinyIntent('whole'), device, { plan: { kind: 'steps', total: 4 }, ...every, onNote })
    await trainRun(await tinyIntent('whole'), device, { plan: { kind: 'minutes', totalMs: 1 }, ...every, onNote })
    const said = notes.filter((note) => note.includes('nothing'))
    expect(said).toEqual([
      'is at step 12 already and the plan ends at 12: nothing is trained; --steps takes more',
      'is at step 12 already and the plan ends at 4: nothing is trained; --steps takes more',
      expect.stringMatching(/^has trained for [\d.]+ minutes already and the plan ends at 0: nothing is trained; --minutes takes more$/),
    ])
    expect(result.validation.source.faces).toBe(2)
    expect(result.validation.target.mean.ssim).toBeGreaterThan(0)
    expect(await hashes('whole')).toEqual(before)
  })

  it('validates without touching what is trained, and makes up for a validation that a kill took', async () => {
    const options = { plan: { kind: 'steps', total: 12 } as const, ...every, validateEvery: 4 }
    const intent = await tinyIntent('validated')
    const path = join(intent.folder, 'validations.jsonl')
    const steps = () =>
      readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).step)
    await trainRun(intent, device, options)
    expect(await hashes('validated')).toEqual(await hashes('whole'))
    expect(steps()).toEqual([4, 8, 12])
    const lines = readFileSync(path, 'utf8').split('\n')
    writeFileSync(path, `${lines[0]}\n${lines[1]}\n{"step":12,"valid`)
    const page = join(intent.folder, 'train.html')
    const seen: number[] = []
    await trainRun(await tinyIntent('validated'), device, { ...options, onValidation: ({ step }) => seen.push(step) })
    expect([steps(), seen]).toEqual([[4, 8, 12], [12]])
    expect(readFileSync(page, 'utf8')).toContain('SSIM of unseen faces')
    expect(readFileSync(page, 'utf8')).toMatch(/18 faces of the source \(an open mouth in \d+, closed eyes in \d+\)/)
    expect(readFileSync(page, 'utf8')).toContain('Yaw')
    expect(readFileSync(page, 'utf8')).not.toContain('http-equiv="refresh"')
    expect(existsSync(`${page}.part`)).toBe(false)
  })

  it('takes the advice of its log: warp and discriminator may change while it goes on, the rate may not', async () => {
    const asked = (training: object) => intend({ home, name: 'validated', training })
    await trainRun(await asked({ augmentation: 0, adversarialWeight: 0 }), device, { plan: { kind: 'steps', total: 13 }, ...every })
    const { config } = await openRun(home, 'validated')
    expect(config.training).toMatchObject({ augmentation: 0, adversarialWeight: 0, rate: 2e-3 })
    const last = readFileSync(join(home, 'checkpoints', 'validated', 'validations.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .at(-1)!
    expect(JSON.parse(last).phase).toEqual({ warp: 0, average: true, gan: false, ganWeight: 0 })
    await trainRun(await asked({ adversarialWeight: 0.1 }), device, { plan: { kind: 'steps', total: 14 }, ...every })
    await expect(asked({ rate: 1 })).rejects.toThrow(/expected --rate 0.002, as run validated began, but found 1/)
  })

  it('stops at a plateau that the validations of earlier calls show', async () => {
    const intent = await tinyIntent('flat', { adversarialWeight: 0 })
    await trainRun(intent, device, { plan: { kind: 'steps', total: 12 }, ...every })
    const flat = historyOf(Array.from({ length: 12 }, () => ({ ssim: 0.9 }))).map((record, i) => JSON.stringify({ ...record, step: i + 1 }))
    writeFileSync(join(intent.folder, 'validations.jsonl'), `${flat.join('\n')}\n`)
    const plan = { kind: 'steps', total: 14 } as const
    const stopped = await trainRun(await tinyIntent('flat'), device, { plan, ...every, until: 'plateau' })
    expect([stopped.step, stopped.stopped]).toEqual([12, expect.stringMatching(/^plateau: no gain .* SSIM 0\.900 → 0\.900/)])
    const on = await trainRun(await tinyIntent('flat'), device, { plan, ...every })
    expect([on.step, on.stopped]).toEqual([14, undefined])
  })

  it('saves when it is interrupted, and goes on from there', async () => {
    const stop = new AbortController()
    const options = { plan: { kind: 'steps', total: 12 } as const, saveEvery: 2, previewEvery: 1000, signal: stop.signal }
    let calls = 0
    const training = trainRun(await tinyIntent('stopped'), device, {
      ...options,
      onProgress: ({ note }) => {
        if (note?.startsWith('step')) calls += 1
        if (calls === 3) stop.abort(new InterruptedError())
      },
    })
    await expect(training).rejects.toBeInstanceOf(InterruptedError)
    const checkpoint = await latestCheckpoint(await openRun(home, 'stopped'))
    expect(checkpoint!.state.step).toBeGreaterThan(2)
    expect(checkpoint!.state.step).toBeLessThan(12)
    await trainRun(await tinyIntent('stopped'), device, { plan: options.plan, ...every })
    expect(await hashes('stopped')).toEqual(await hashes('whole'))
  })

  it('that cannot take a step leaves nothing that a run with other settings would be held to', async () => {
    const plan = { kind: 'steps', total: 2 } as const
    const half = await tinyIntent('unable')
    await expect(trainRun({ ...half, settings: { ...half.settings, precision: 'float16' } }, device, { plan, ...every })).rejects.toThrow(
      /--precision float32 on the device cpu/,
    )
    expect(existsSync(half.folder)).toBe(false)
    expect((await trainRun(await tinyIntent('unable'), device, { plan, ...every })).step).toBe(2)
  })

  it('loses no step where a part that begins cannot be compiled', async () => {
    let compiled = 0
    const failing: Device = {
      ...device,
      compile: (program, signature, options) => {
        if (options?.name === 'training step') compiled += 1
        return compiled === 2 ? Promise.reject(new DfkError('expected memory but found none')) : device.compile(program, signature, options)
      },
    }
    const plan = { kind: 'steps', total: 12 } as const
    await expect(trainRun(await tinyIntent('refused'), failing, { plan, ...every })).rejects.toThrow('expected memory but found none')
    // The average begins with the fifth step.
    expect((await latestCheckpoint(await openRun(home, 'refused')))!.state.step).toBe(4)
    await trainRun(await tinyIntent('refused'), device, { plan, ...every })
    expect(await hashes('refused')).toEqual(await hashes('whole'))
  })

  it('does not begin in a folder that is somebody’s own, nor take anything of it away', async () => {
    const folder = join(home, 'own')
    mkdirSync(join(folder, 'consent'), { recursive: true })
    writeFileSync(join(folder, 'consent', 'alice.json'), '{}')
    const intent = { ...(await tinyIntent('own')), folder }
    await expect(trainRun(intent, device, { plan: { kind: 'steps', total: 2 }, ...every })).rejects.toThrow(
      /expected an empty folder.* holds consent.alice\.json/,
    )
    expect(readFileSync(join(folder, 'consent', 'alice.json'), 'utf8')).toBe('{}')
  })

  it('does not go on with other faces', async () => {
    const lines = join(home, 'datasets', 'bob', 'aligned.jsonl')
    const before = readFileSync(lines, 'utf8')
    writeFileSync(lines, before.replace('"sharpness":1', '"sharpness":2'))
    const training = trainRun(await tinyIntent('whole'), device, { plan: { kind: 'steps', total: 12 }, ...every })
    await expect(training).rejects.toThrow(/expected the faces of bob that run whole began with but they have changed/)
    writeFileSync(lines, before)
  })

  it('uses the checkpoint before a damaged one, and says so', async () => {
    await trainRun(await tinyIntent('damaged'), device, { plan: { kind: 'steps', total: 12 }, saveEvery: 10, previewEvery: 1000 })
    const path = join(home, 'checkpoints', 'damaged', 'step-000012', 'generator.safetensors')
    const bytes = readFileSync(path)
    bytes[bytes.length - 1]! ^= 1
    writeFileSync(path, bytes)
    const warnings: string[] = []
    await trainRun(await tinyIntent('damaged'), device, {
      plan: { kind: 'steps', total: 12 },
      ...every,
      onWarning: (text) => warnings.push(text),
    })
    expect(warnings).toEqual([expect.stringMatching(/step-000012.*generator\.safetensors.*SHA-256/)])
    expect(await hashes('damaged')).toEqual(await hashes('whole'))
  })

  it('stops where losses stay no numbers however often it goes back, and keeps the checkpoint before', async () => {
    const training = trainRun(await tinyIntent('explodes', { rate: 1e38 }), device, {
      plan: { kind: 'steps', total: 40 },
      saveEvery: 1,
      previewEvery: 1000,
    })
    await expect(training).rejects.toThrow(
      /losses and weights to be numbers but .* is not at step \d+; going back 3 times, the last with 0.125 of the learning rate, has not helped/,
    )
    const checkpoint = (await latestCheckpoint(await openRun(home, 'explodes')))!
    const weights = Object.values(await checkpoint.read('generator')).flatMap(({ data }) => [...data])
    expect(weights.every(Number.isFinite)).toBe(true)
  })

  it('lowers the loss on a handful of faces', async () => {
    const losses: number[] = []
    await trainRun(await tinyIntent('fits', { horizon: 600, adversarialWeight: 0 }), device, {
      plan: { kind: 'steps', total: 300 },
      ...every,
      onLog: ({ source, target }) => losses.push(source + target),
    })
    expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!)
  })

  it('gives minutes a schedule that ends with them', async () => {
    const rates: { readonly [name in 'generatorRate' | 'discriminatorRate']: number[] } = { generatorRate: [], discriminatorRate: [] }
    const watching = runningSteps(device, (program, inputs) => {
      for (const [name, seen] of Object.entries(rates)) seen.push(...(inputs[name]?.data ?? []))
      return program.runMany(inputs)
    })
    const result = await trainRun(await tinyIntent('timed'), watching, { plan: { kind: 'minutes', totalMs: 4000 }, ...every })
    const { state } = (await latestCheckpoint(await openRun(home, 'timed')))!
    expect(result.step).toBeGreaterThan(5)
    expect(state.fraction).toBe(1)
    expect(state.averageSince).toBeGreaterThan(0)
    expect(state.adversarialSince).toBeGreaterThan(state.averageSince!)
    // Both rates fall towards the end: a discriminator that learned on beside a generator that does not would win.
    const rate = rates.generatorRate.at(-1)! / adamRate(1, result.step)
    expect(rate).toBeLessThan(0.98 * 2e-3)
    const ofDiscriminator = rates.discriminatorRate.at(-1)! / adamRate(1, result.step - state.adversarialSince!)
    expect(ofDiscriminator / rate).toBeCloseTo(PRESETS.quick.training.adversarialRate, 4)
  })
})
