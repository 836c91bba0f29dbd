import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { finish, killRepeatedly } from '../../bench/killing.ts'
import { scratchFolder } from '../support/data.ts'
import { makeFaceset } from './fixture.ts'
import { SMALL_NETWORK } from './small.ts'

let home: string
beforeAll(async () => {
  home = scratchFolder('kill')
  await makeFaceset(home, 'ann')
  await makeFaceset(home, 'bob')
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** Weights of 18 MB: writing them takes long enough to be killed in its middle. */
const NETWORK = [...SMALL_NETWORK, '--encoder', '8,16,32,64', '--decoder', '32,16,8,8', '--code', '512', '--inner', '256']
const PAIR = ['--source', 'ann', '--target', 'bob']
const ARGS = [...PAIR, ...NETWORK, '--batch', '1', '--device', 'cpu', '--save-every', '2', '--validate-every', '1000']

describe('a training that is killed again and again', () => {
  // `npm run bench -- kills` does it thirty times, on real faces.
  it('leaves whole checkpoints only, and ends with the weights of one that is not', async () => {
    const killed = { home, run: 'killed', args: [...ARGS, '--preview-every', '3'] }
    const { opened, steps } = await killRepeatedly(killed, 6, 1)
    expect(opened).toBeGreaterThan(2)
    const last = steps.at(-1)! + 3
    expect(await finish(killed, last)).toEqual(await finish({ home, run: 'undisturbed', args: ARGS }, last))
  }, 300_000)
})
