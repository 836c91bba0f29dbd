import { renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { AboutFiles } from '../../src/media/remembered.ts'
import { scratchFolder } from '../support/data.ts'

const folder = scratchFolder('remembered')
const path = join(folder, 'clip')
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(() => vi.useRealTimers())

/** Time goes on for whoever asks; what was written before is settled then. */
function laterBy(seconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1000 * seconds })
}

function counting(files = new AboutFiles<number>()) {
  let asked = 0
  return { get: (file = path, whom = 'a') => files.get(file, whom, async () => ++asked), asked: () => asked }
}

describe('an answer about a file', () => {
  it('is given once while the file stays as it is', async () => {
    writeFileSync(path, 'one')
    const { get } = counting()
    laterBy(10)
    expect([await get(), await get(), await get()]).toEqual([1, 1, 1])
    expect([await get(path, 'b'), await get()]).toEqual([2, 1])
  })

  it('is asked for again where the file was written just now', async () => {
    writeFileSync(path, 'one')
    const { get } = counting()
    expect([await get(), await get()]).toEqual([1, 2])
  })

  it('is asked for again where the file was changed, or exchanged for one of the same size and time', async () => {
    writeFileSync(path, 'one')
    const { get } = counting()
    laterBy(10)
    expect(await get()).toBe(1)
    writeFileSync(path, 'four')
    laterBy(10)
    expect([await get(), await get()]).toEqual([2, 2])
    writeFileSync(join(folder, 'other'), 'five')
    const time = new Date('2026-01-01')
    utimesSync(path, time, time)
    utimesSync(join(folder, 'other'), time, time)
    expect(await get()).toBe(3)
    renameSync(join(folder, 'other'), path)
    expect([await get(), await get()]).toEqual([4, 4])
  })

  it('is not kept where the file changes while it is asked for, nor where asking failed', async () => {
    writeFileSync(path, 'one')
    const { get } = counting()
    const files = new AboutFiles<string>()
    laterBy(10)
    await expect(files.get(path, 'a', () => Promise.reject(new Error('busy')))).rejects.toThrow('busy')
    const changing = async () => {
      writeFileSync(path, 'three')
      return 'old'
    }
    expect(await files.get(path, 'a', changing)).toBe('old')
    laterBy(10)
    expect(await files.get(path, 'a', async () => 'new')).toBe('new')
    expect(await get(join(folder, 'absent'))).toBe(1)
    expect(await get(join(folder, 'absent'))).toBe(2)
  })

  it('is forgotten once 64 others came after it', async () => {
    const names = Array.from({ length: 65 }, (_, number) => join(folder, `${number}`))
    for (const name of names) writeFileSync(name, 'x')
    const { get, asked } = counting()
    laterBy(10)
    for (const name of names) await get(name)
    await get(names[1])
    expect(asked()).toBe(65)
    await get(names[0])
    expect(asked()).toBe(66)
  })
})
