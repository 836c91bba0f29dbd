import { rmSync, statSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generatorShapes } from '../../src/models/generator.ts'
import { PRESETS } from '../../src/models/presets.ts'
import { firstWeights, readBaseWeights } from '../../src/train/base.ts'
import { intend } from '../../src/train/begin.ts'
import { scratchFolder } from '../support/data.ts'
import { makeFaceset } from './fixture.ts'

const { generator } = PRESETS.quick
const somebody = (seed: number) => Array.from({ length: 128 }, (_, i) => 0.1 * Math.sin(seed * (i + 1)))
const people = { source: somebody(1), target: somebody(2) }
let home: string

beforeAll(async () => {
  home = scratchFolder('base')
  await makeFaceset(home, 'ann')
  await makeFaceset(home, 'bob')
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

const asked = (more: object) => intend({ home, name: 'new', source: 'ann', target: 'bob', training: {}, ...more })

describe('base weights', () => {
  it('come with dfk for quick and standard, and for no other preset or shape', async () => {
    expect((await readBaseWeights('quick', generator))?.sha256).toMatch(/^[0-9a-f]{64}$/)
    expect((await readBaseWeights('standard', PRESETS.standard.generator))?.sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(await readBaseWeights('quick', { ...generator, code: 32 })).toBeUndefined()
    expect(await readBaseWeights('hq', PRESETS.hq.generator)).toBeUndefined()
  })

  it.each(['quick', 'standard'] as const)('are under 25 MB, as float32 in memory: %s', async (preset) => {
    expect(statSync(new URL(`../../models/base-${preset}.safetensors`, import.meta.url)).size).toBeLessThan(25e6)
    const { tensors } = (await readBaseWeights(preset, PRESETS[preset].generator))!
    for (const [name, { data }] of Object.entries(tensors)) expect(data, name).toBeInstanceOf(Float32Array)
  })

  it('are missed where they should have come with dfk, and only there', async () => {
    const empty = scratchFolder('no-models')
    await expect(readBaseWeights('quick', generator, empty)).rejects.toMatchObject({
      message: expect.stringMatching(/expected the base weights of the preset quick.* but found no .*base-quick\.safetensors$/),
      hint: expect.stringMatching(/install dfk again, or .*--from-scratch/),
    })
    expect(await readBaseWeights('quick', { ...generator, code: 32 }, empty)).toBeUndefined()
    expect(await readBaseWeights('quick', { ...generator, architecture: 'liae' }, empty)).toBeUndefined()
    expect(await readBaseWeights('hq', PRESETS.hq.generator, empty)).toBeUndefined()
    rmSync(empty, { recursive: true })
  })

  it('give every weight of two people’s generator, with a decoder of its own for each', async () => {
    const { sha256 } = (await readBaseWeights('quick', generator))!
    const weights = await firstWeights(sha256, 'quick', generator, people)
    expect(Object.keys(weights).sort()).toEqual(
      Object.keys(generatorShapes(generator))
        .map((name) => `weights/${name}`)
        .sort(),
    )
    for (const [name, { data }] of Object.entries(weights)) expect((data as Float32Array).every(Number.isFinite), name).toBe(true)
    const [source, target] = ['source', 'target'].map((person) => weights[`weights/${person}.up0.weight`]!.data as Float32Array)
    const apart =
      source!.reduce((sum, value, i) => sum + Math.abs(value - target![i]!), 0) / source!.reduce((sum, value) => sum + Math.abs(value), 0)
    expect(apart).toBeGreaterThan(0.01)
  })

  it('are what a new run begins with, unless it is to begin from scratch or is of another shape', async () => {
    const { sha256 } = (await readBaseWeights('quick', generator))!
    expect((await asked({})).settings.base).toBe(sha256)
    expect((await asked({ fromScratch: true })).settings.base).toBeUndefined()
    expect((await asked({ shape: { size: 48 } })).settings.base).toBeUndefined()
  })

  it('of another dfk are missed by name', async () => {
    await expect(firstWeights('0'.repeat(64), 'quick', generator, people)).rejects.toThrow(
      /base weights 000000000000… .* this dfk has [0-9a-f]{12}/,
    )
  })
})
