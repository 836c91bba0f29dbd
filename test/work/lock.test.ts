import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lockFolder } from '../../src/work/lock.ts'
import { scratchFolder } from '../support/data.ts'

let home: string
beforeAll(() => {
  home = scratchFolder('lock')
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

function emptyFolder(name: string): string {
  const folder = join(home, name)
  mkdirSync(folder)
  return folder
}

/** A lock file that was touched so long ago. */
function leaveLock(folder: string, text: string, minutesAgo = 0): void {
  writeFileSync(join(folder, 'lock'), text)
  const at = new Date(Date.now() - minutesAgo * 60_000)
  utimesSync(join(folder, 'lock'), at, at)
}

describe('the lock of a run', () => {
  it('says that its folder is gone where it is', async () => {
    await expect(lockFolder(join(home, 'gone'), 'the run')).rejects.toThrow(/expected the folder .*gone to be there but it is gone/)
  })

  it('keeps a second training out, until it is released', async () => {
    const folder = emptyFolder('locked')
    const lock = await lockFolder(folder, 'run locked')
    await expect(lockFolder(folder, 'run locked')).rejects.toThrow(new RegExp(`run locked.*${process.pid}`))
    await lock.release()
    await (await lockFolder(folder, 'run locked')).release()
  })

  it.for<[string, string, number?]>([
    ['a dead process', JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), started: '1' })],
    ['a process that was killed while it took it', '{"pid":12', 1],
    ['another machine, silent for long', JSON.stringify({ pid: 1, host: 'elsewhere', started: '1' }), 11],
    ['an earlier process with our number', JSON.stringify({ pid: process.pid, host: hostname(), started: '1' })],
  ])('takes over the lock of %s', async ([what, text, minutesAgo = 0], { skip }) => {
    skip(process.platform !== 'linux' && what.includes('earlier'), 'only Linux says when a process began')
    const folder = emptyFolder(`stale ${what}`)
    leaveLock(folder, text, minutesAgo)
    const lock = await lockFolder(folder, 'run stale')
    await lock.release()
    expect(readdirSync(folder)).toEqual([])
  })

  it.each([
    ['another machine that showed life lately', JSON.stringify({ pid: 1, host: 'elsewhere', started: '1' }), 9, /process 1 on elsewhere/],
    ['a process that is writing its own this moment', '', 0, /an unknown machine/],
  ])('respects the lock of %s', async (what, text, minutesAgo, message) => {
    const folder = emptyFolder(`held ${what}`)
    leaveLock(folder, text, minutesAgo)
    await expect(lockFolder(folder, 'run held')).rejects.toThrow(message)
    expect(readdirSync(folder)).toEqual(['lock'])
  })

  it('goes to one only of several who find it left behind', async () => {
    const folder = emptyFolder('raced')
    leaveLock(folder, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), started: '1' }))
    const taken = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder, 'run raced')))
    expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})
