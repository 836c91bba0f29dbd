import { describe, expect, it } from 'vitest'
import { Queue } from '../../src/work/queue.ts'

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

describe('a bounded queue', () => {
  it('hands on all items in order and ends', async () => {
    const queue = new Queue<number>(2)
    const read = all(queue)
    for (let i = 0; i < 10; i += 1) expect(await queue.push(i)).toBe(true)
    queue.end()
    expect(await read).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('makes the writer wait while it is full', async () => {
    const queue = new Queue<number>(1)
    await queue.push(1)
    let pushed = false
    const second = queue.push(2).then(() => {
      pushed = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(pushed).toBe(false)
    const reader = queue[Symbol.asyncIterator]()
    expect((await reader.next()).value).toBe(1)
    await second
    expect((await reader.next()).value).toBe(2)
  })

  it('gives the reader what came before an error, then the error', async () => {
    const queue = new Queue<number>(4)
    await queue.push(1)
    queue.end({ error: new Error('stopped') })
    const seen: number[] = []
    const reading = (async () => {
      for await (const item of queue) seen.push(item)
    })()
    await expect(reading).rejects.toThrow('stopped')
    expect(seen).toEqual([1])
  })

  it('tells the writer that nobody reads any more', async () => {
    const queue = new Queue<number>(1)
    await queue.push(1)
    for await (const _ of queue) break
    expect(await queue.push(3)).toBe(false)
  })
})
