import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { adamRate } from '../../src/models/optimizer.ts'
import { PRESETS } from '../../src/models/presets.ts'
import { checkpointAt, latestCheckpoint, openRun } from '../../src/store/checkpoint.ts'
import { type Device, openDevice } from '../../src/tensor/index.ts'
import type { TrainOptions } from '../../src/train/options.ts'
import { ratesOf } from '../../src/train/schedule.ts'
import { trainRun } from '../../src/train/train.ts'
import { InterruptedError } from '../../src/work/errors.ts'
import { scratchFolder } from '../support/data.ts'
import { makeFaceset } from './fixture.ts'
import { runningSteps } from './steps.ts'
import { intendTiny } from './tiny.ts'

const TRAINING = { adversarialWeight: 0, horizon: 1000 }
let home: string
let device: Device

beforeAll(async () => {
  home = scratchFolder('setback')
  device = await openDevice('cpu')
  await makeFaceset(home, 'ann')
  await makeFaceset(home, 'bob')
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

/**
 * The device, but the losses of the steps `first` to `last` are `spoil`ed, as long as their learning rate is the plan's own times `scale` or more. That
 * depends on nothing but the steps, as what really goes wrong does.
 */
function spoiled(first: number, last: number, spoil: (loss: number) => number, scale = 1): Device {
  const plan = { kind: 'steps', total: 1 } as const
  const training = { ...PRESETS.quick.training, rate: 2e-3, ...TRAINING }
  const scales = [1, 0.5, 0.25, 0.125].filter((each) => each >= scale)
  const rates = new Set(
    Array.from({ length: last - first + 1 }, (_, i) => first + i).flatMap((step) =>
      scales.map((each) => Math.fround(adamRate(each * ratesOf(plan, training, step - 1, 0).generator, step))),
    ),
  )
  return runningSteps(device, async (program, inputs) => {
    const outputs = await program.runMany(inputs)
    const rate = inputs['generatorRate']!.data
    const { data, shape } = outputs['source']!
    return { ...outputs, source: { shape, data: (data as Float32Array).map((loss, i) => (rates.has(rate[i]!) ? spoil(loss) : loss)) } }
  })
}

async function train(name: string, on: Device, total: number, more: Partial<TrainOptions> = {}) {
  const warnings: string[] = []
  const options = {
    plan: { kind: 'steps', total } as const,
    saveEvery: 20,
    previewEvery: 1000,
    // Of what the facesets lack nothing is said here.
    onWarning: (text: string) => {
      if (text.includes('learning rate')) warnings.push(text)
    },
    ...more,
  }
  const result = await trainRun(await intendTiny(home, name, TRAINING), on, options)
  return { result, warnings, checkpoint: (await latestCheckpoint(await openRun(home, name)))! }
}

const stepsOf = (name: string) =>
  readFileSync(join(home, 'checkpoints', name, 'stats.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).step)

describe('a step that goes wrong', () => {
  it('is said, and training goes on from the checkpoint before with half the rate', async () => {
    const { result, warnings, checkpoint } = await train(
      'nan',
      spoiled(53, 53, () => Number.NaN),
      100,
    )
    expect(result.step).toBe(100)
    expect(warnings).toEqual([
      'expected losses and weights to be numbers but source is not at step 53; going back to step 40, with 0.5 of the learning rate (1 of 3)',
    ])
    expect(checkpoint.state.setback).toEqual({ badStep: 53, tries: 0, rateScale: 0.5 })
    expect(stepsOf('nan')).toEqual([50, 100])
    expect(checkpoint.sha256).not.toEqual((await train('sound', device, 100)).checkpoint.sha256)
  })

  it('comes out the same, bit for bit, when the training is stopped before and after', async () => {
    const on = spoiled(53, 53, () => Number.NaN)
    for (const stopAfter of [45, 50, 70]) {
      const stop = new AbortController()
      const onProgress = ({ done, note }: { done: number; note?: string }) => {
        if (note?.startsWith('step') && done >= stopAfter) stop.abort(new InterruptedError())
      }
      await expect(train('stopped', on, 100, { signal: stop.signal, onProgress })).rejects.toBeInstanceOf(InterruptedError)
    }
    const { checkpoint } = await train('stopped', on, 100)
    expect(checkpoint.sha256).toEqual((await latestCheckpoint(await openRun(home, 'nan')))!.sha256)
  })

  it('is tried again from further back', async () => {
    const { result, warnings } = await train(
      'further',
      spoiled(53, 53, () => Number.NaN, 0.5),
      60,
    )
    expect(result.step).toBe(60)
    expect(warnings.map((text) => /going back to step \d+, with [\d.]+/.exec(text)![0])).toEqual([
      'going back to step 40, with 0.5',
      'going back to step 20, with 0.25',
    ])
  })

  it('before any checkpoint begins the run again, and ends it where that does not help', async () => {
    const { warnings } = await train(
      'early',
      spoiled(7, 7, () => Number.POSITIVE_INFINITY),
      20,
    )
    expect(warnings).toEqual([expect.stringMatching(/not at step 7; beginning again, with 0.5/)])
    await expect(
      train(
        'hopeless',
        spoiled(7, 7, () => Number.NaN, 0),
        20,
      ),
    ).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(/at step 7; going back 3 times, the last with 0.125 of the learning rate, has not helped/),
      hint: expect.stringContaining('--rate'),
    })
  })

  it('may be a loss that runs away: back to where it was good', async () => {
    const { result, warnings } = await train(
      'runs-away',
      spoiled(101, 300, (loss) => 20 * loss),
      220,
      { saveEvery: 50 },
    )
    expect(result.step).toBe(220)
    expect(warnings).toEqual([
      expect.stringMatching(/source and target to fall but found .* up to step 200, .*; going back to step 100, with 0.5/),
    ])
    expect(stepsOf('runs-away')).toEqual([50, 100, 150, 200, 220])
  })
})

describe('a swap that comes apart', () => {
  it('sends training back, again and again, and ends it where that does not help; what was good stays', async () => {
    const often = { previewEvery: 20, validateEvery: 20 }
    await train('apart', device, 40, often)
    // As if the swap had been the source's so far: that of a network this small is nobody's.
    const path = join(home, 'checkpoints', 'apart', 'validations.jsonl')
    const lines = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    for (const { validation } of lines) Object.assign(validation.swap, { identity: 0.8, faces: 9 })
    writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    const said: string[] = []
    const onWarning = (text: string) => void said.push(text)
    await expect(train('apart', device, 100, { ...often, onWarning })).rejects.toMatchObject({
      message: expect.stringMatching(/the swap has come apart; going back 3 times/),
      hint: expect.stringMatching(/--gan-weight 0.* up to step 40 .*--checkpoint/),
    })
    expect(
      said.flatMap((text) => /at step (\d+) .* come apart; going back to step (\d+), with ([\d.]+)/.exec(text)?.slice(1) ?? []),
    ).toEqual([...['60', '40', '0.5'], ...['60', '40', '0.25'], ...['60', '40', '0.125']])
    expect((await checkpointAt(await openRun(home, 'apart'), 40)).state.step).toBe(40)
  })
})
