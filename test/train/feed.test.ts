import { rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDataset } from '../../src/store/dataset.ts'
import type { HostTensors } from '../../src/tensor/index.ts'
import { loadFaceset } from '../../src/train/faceset.ts'
import { openFeed } from '../../src/train/feed/feed.ts'
import { partsOf, stepBytes } from '../../src/train/feed/layout.ts'
import { type FeedPlan, openPainter } from '../../src/train/feed/painter.ts'
import { drawingOdds } from '../../src/train/sampling.ts'
import { DfkError } from '../../src/work/errors.ts'
import { scratchFolder } from '../support/data.ts'
import { makeFaceset } from './fixture.ts'

const SIZE = { sizePx: 32, batch: 3 }
const ASK = { strengthAt: () => 0.5 }
let home: string
let plan: FeedPlan

async function planOf(names: readonly [string, string], room = 1000): Promise<FeedPlan> {
  const people = await Promise.all(
    names.map(async (name) => {
      const { train } = await loadFaceset(await openDataset(home, name), SIZE.sizePx)
      return { list: train, odds: drawingOdds(train, 0.5), room }
    }),
  )
  return { ...SIZE, seed: 1, flip: true, light: 0.5, compression: 0.5, occluders: 0.5, people: [people[0]!, people[1]!] }
}

beforeAll(async () => {
  home = scratchFolder('feed')
  await makeFaceset(home, 'ann')
  await makeFaceset(home, 'bob')
  plan = await planOf(['ann', 'bob'])
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** A step as this thread draws it. */
async function drawnHere(of: FeedPlan, step: number): Promise<Float32Array> {
  const buffer = new SharedArrayBuffer(stepBytes(of))
  await openPainter(of, { index: 0, of: 1, cacheBytes: 1e5 }).begin({ step, strength: 0.5 })(buffer)
  return new Float32Array(buffer)
}

/** The `index`-th step of inputs, as it lies in a step's buffer. */
function stepOf(inputs: HostTensors, index: number): number[] {
  const names = ['source', 'target'].flatMap((person) => partsOf(SIZE).parts.map(({ kind }) => person + kind))
  return names.flatMap((name) => {
    const { data, shape } = inputs[name]!
    const length = data.length / shape[0]!
    return [...(data as Float32Array).subarray(index * length, (index + 1) * length)]
  })
}

describe('the feed', () => {
  it.each([1, 3])('draws the same bits in %i threads as in none', async (threads) => {
    const feed = openFeed(plan, threads)
    try {
      const first = await feed.take(7, 2, ASK)
      const second = await feed.take(9, 1, ASK)
      expect(first['sourceWarped']!.shape).toEqual([2, 3, 32, 32, 3])
      for (const [inputs, index, step] of [
        [first, 0, 7],
        [first, 1, 8],
        [second, 0, 9],
      ] as const) {
        expect(stepOf(inputs, index)).toEqual([...(await drawnHere(plan, step))])
      }
      expect(feed.waitedMs).toBeGreaterThan(0)
    } finally {
      await feed.close()
    }
  })

  it('goes back to an earlier step, and through more steps than it draws ahead', async () => {
    const feed = openFeed(plan, 2)
    try {
      const before = await feed.take(0, 40, ASK)
      const again = await feed.take(3, 30, ASK)
      expect(stepOf(again, 0)).toEqual(stepOf(before, 3))
      expect(stepOf(again, 29)).toEqual(stepOf(before, 32))
      expect(stepOf(again, 0)).not.toEqual(stepOf(again, 1))
    } finally {
      await feed.close()
    }
  })

  it.each(['light', 'compression', 'occluders'] as const)(
    'lets %s change the input of a face, and nothing of its truth',
    async (change) => {
      const plain = { ...plan, light: 0, compression: 0, occluders: 0 }
      const [changed, same] = [await drawnHere({ ...plain, [change]: 1 }, 1), await drawnHere(plain, 1)]
      for (const { kind, begin, length } of partsOf(SIZE).parts) {
        const of = (step: Float32Array) => step.slice(begin, begin + SIZE.batch * length)
        if (kind === 'Warped') expect(of(changed)).not.toEqual(of(same))
        else expect(of(changed)).toEqual(of(same))
      }
    },
  )

  it('draws another seed otherwise', async () => {
    expect(await drawnHere({ ...plan, seed: 2 }, 1)).not.toEqual(await drawnHere(plan, 1))
  })

  it.each([
    ['truncated', (path: string) => truncateSync(path, 60)],
    ['missing', (path: string) => rmSync(path)],
  ])('names a %s picture', async (what, spoil) => {
    await makeFaceset(home, what)
    const spoilt = await planOf([what, 'bob'])
    for (let i = 0; i < 18; i += 1) spoil(join(home, 'datasets', what, 'aligned', `f${i}.png`))
    const feed = openFeed(spoilt, 2)
    const failed = await feed.take(0, 2, ASK).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(DfkError)
    expect((failed as DfkError).message).toMatch(/expected an aligned picture at .*aligned.f\d+\.png but it cannot be read/)
    expect((failed as DfkError).hint).toMatch(/run dfk align again/)
    await expect(feed.take(0, 1, ASK)).rejects.toThrow(/cannot be read/)
    await feed.close()
  })

  it('ends its threads at once, whatever they are at', async () => {
    const feeds = [openFeed(plan, 2), openFeed(plan, 1)]
    const taking = feeds[1]!.take(0, 1, ASK)
    await feeds[0]!.close()
    await taking
    await feeds[1]!.close()
    // Of what is not drawn yet, nothing is any more.
    for (const feed of feeds) await expect(feed.take(1000, 1, ASK)).rejects.toThrow(/the threads that draw faces to work but one ended/)
  })

  it('keeps to a window of faces where there is no room for all', async () => {
    const narrow = await planOf(['ann', 'bob'], 4)
    const steps = await Promise.all(Array.from({ length: 6 }, (_, step) => drawnHere(narrow, step)))
    expect(new Set(steps.map((step) => step.join())).size).toBe(6)
    expect(await drawnHere(narrow, 3)).toEqual(steps[3])
  })
})
