import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { PicturePlan } from '../../src/media/index.ts'
import { marksOf } from '../../src/store/marks.ts'
import { jobFolder, RenderJob } from '../../src/swap/job.ts'
import { scratchFolder } from '../support/data.ts'

const folder = scratchFolder('job')
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const fresh = () => ({ outputId: '0123456789abcdef', picture: {} as PicturePlan })
const QUEUE = 'redis://farm:6379/0 (dfk)'

async function segment(job: RenderJob, number: number): Promise<void> {
  const part = job.partOf(job.pathOf(number))
  writeFileSync(part, `picture ${number}`)
  await job.keep(part, { number, frames: 5, swapped: 5, startS: number, lastS: number + 0.9, damage: [] })
}

describe("a render's folder on a queue", () => {
  it('keeps local renders away, lets workers in, and is handed over only once', async () => {
    const output = join(folder, 'a.mp4')
    await RenderJob.hand(QUEUE, output, 'f', fresh, async (job) => expect(job.done).toEqual([]))
    await expect(RenderJob.open(output, 'f', fresh)).rejects.toThrow(/a\.mp4 to be free but it is on the queue redis:\/\/farm/)
    await expect(RenderJob.open(output, 'other', fresh)).rejects.toThrow(/on the queue/)
    await expect(RenderJob.hand(QUEUE, output, 'other', fresh, async () => {})).rejects.toThrow(/on the queue/)
    await expect(RenderJob.hand('redis://another:6379/0 (dfk)', output, 'f', fresh, async () => {})).rejects.toThrow(
      /on the queue redis:\/\/farm/,
    )
    await expect(RenderJob.share(output, 'other')).rejects.toThrow(/taken back/)
    const [one, two] = [await RenderJob.share(output, 'f'), await RenderJob.share(output, 'f')]
    const half = join(one.folder, '000009.nut.elsewhere.1.part')
    writeFileSync(half, 'somebody is writing this')
    await segment(one, 0)
    await segment(two, 1)
    // A worker that stops, or a second call, leaves what others are writing.
    await two.leave()
    const kept = await RenderJob.hand(QUEUE, output, 'f', fresh, async (job) => job.done.map(({ number }) => number))
    expect(kept).toEqual([0, 1])
    expect(existsSync(half)).toBe(true)
    const joining = await RenderJob.share(output, 'f')
    expect(joining.done.map(({ number }) => number)).toEqual([0, 1])
    await joining.remove()
    expect(existsSync(jobFolder(output))).toBe(false)
  })

  it('is joined without a segment that was changed on the disk: it is missing, and queued anew', async () => {
    const output = join(folder, 'altered.mp4')
    await RenderJob.hand(QUEUE, output, 'f', fresh, async () => {})
    const worker = await RenderJob.share(output, 'f')
    for (const number of [0, 1]) await segment(worker, number)
    writeFileSync(worker.pathOf(1), 'picture I')
    const joining = await RenderJob.share(output, 'f', { hashed: true })
    expect(joining.done.map(({ number }) => number)).toEqual([0])
    expect(await RenderJob.hand(QUEUE, output, 'f', fresh, async (job) => job.has(1))).toBe(false)
  })

  it('is not handed over while somebody renders alone; what that one did is kept', async () => {
    const output = join(folder, 'b.mp4')
    const alone = await RenderJob.open(output, 'f', fresh)
    await expect(RenderJob.hand(QUEUE, output, 'f', fresh, async () => {})).rejects.toThrow(/is using it/)
    await segment(alone, 0)
    await alone.leave()
    const kept = await RenderJob.hand(QUEUE, output, 'f', fresh, async (job) => job.done.length)
    expect(kept).toBe(1)
  })

  it('that was taken back takes no more segments, and is free again', async () => {
    const output = join(folder, 'c.mp4')
    await RenderJob.hand(QUEUE, output, 'f', fresh, async () => {})
    const worker = await RenderJob.share(output, 'f')
    rmSync(join(jobFolder(output), 'queued'))
    await expect(segment(worker, 0)).rejects.toThrow(/taken back/)
    const alone = await RenderJob.open(output, 'f', fresh)
    expect(alone.done).toEqual([])
    expect(readdirSync(alone.folder).filter((name) => name.endsWith('.part'))).toEqual([])
    await alone.leave()
  })
})

it('a render that goes on under other records is begun anew and names those', async () => {
  const output = join(folder, 'records.mp4')
  const under = (consent: string[]) => () => ({ ...fresh(), consent })
  const one = await RenderJob.open(output, 'under one', under(['a']))
  await segment(one, 0)
  await one.leave()
  const two = await RenderJob.open(output, 'under two', under(['a', 'b']))
  expect(two.done).toEqual([])
  expect((await marksOf(jobFolder(output), readdirSync(jobFolder(output))))?.records).toEqual([{ hash: 'a' }, { hash: 'b' }])
  await two.remove()
})

it('a segment whose file was changed on the disk is rendered anew, though its size is the same', async () => {
  const output = join(folder, 'changed.mp4')
  const job = await RenderJob.open(output, 'f', fresh)
  for (const number of [0, 1]) await segment(job, number)
  const path = job.pathOf(1)
  await job.leave()
  writeFileSync(path, 'pictures1'.padEnd(9))
  const again = await RenderJob.open(output, 'f', fresh)
  expect(again.done.map(({ number }) => number)).toEqual([0])
  await segment(again, 1)
  await again.leave()
  const last = await RenderJob.open(output, 'f', fresh)
  expect(last.done.map(({ number }) => number)).toEqual([0, 1])
  await last.remove()
})
