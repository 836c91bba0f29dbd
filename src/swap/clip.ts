import { frameFormat, readClip } from '../media/index.ts'
import { type YuvFormat, yuvBytes, yuvPicture } from '../picture/yuv.ts'
import type { BufferPool } from '../work/bufferPool.ts'
import { LOOK_AHEAD } from './bridge.ts'
import type { ClipRender } from './clipSegment.ts'
import { Distributor } from './distributor.ts'
import type { Seen } from './nothing.ts'
import { WARM_UP_FRAMES } from './segments.ts'

/** The first segment from `from` on that is not done; undefined where all are. */
function missingFrom({ job, segments }: ClipRender, from: number): number | undefined {
  let segment = from
  while (job.has(segment)) segment += 1
  return segments.count !== undefined && segment >= segments.count ? undefined : segment
}

/** A clip that is being read. */
interface Reading extends ClipRender {
  readonly distributor: Distributor
  readonly format: YuvFormat
  readonly pool: BufferPool
}

/** Reads from segment `from` on until one comes that is done already; returns the next missing one, or undefined at the end of the clip. `seek` false: reads from the start. */
async function renderFrom(reading: Reading, from: number, seek: boolean): Promise<number | undefined> {
  const { info, pixels, job, segments, range, signal, damage, distributor, format, pool } = reading
  const wanted = segments.warmBegin(from)
  const seekS = seek ? segments.seekS(wanted) : undefined
  let read = 0
  damage.reach(seekS ?? 0)
  for await (const { timeS, bytes } of readClip(info, { pixels, seekS, signal, pool, onLine: (line) => damage.read(line) })) {
    if (timeS >= range.toS) {
      pool.give(bytes)
      break
    }
    damage.reach(timeS)
    const index = segments.numberOf(timeS, read)
    read += 1
    if (index < wanted) {
      pool.give(bytes)
      continue
    }
    // A file whose index lies: what was looked for is behind us already.
    if (read === 1 && seekS !== undefined && index > wanted) {
      pool.give(bytes)
      return renderFrom(reading, from, false)
    }
    const own = segments.segmentOf(index)
    const later = segments.segmentOf(index + WARM_UP_FRAMES)
    const earlier = segments.segmentOf(index - LOOK_AHEAD)
    await distributor.closeBefore(earlier)
    const isWanted = (segment: number) => segment !== own && segment >= from && !job.has(segment)
    const neighbours = Array.from({ length: later - earlier + 1 }, (_, k) => earlier + k).filter(isWanted)
    // Each gets pixels of its own: whose frame it is draws into them.
    for (const each of neighbours) {
      const copy = pool.take()
      copy.set(bytes)
      await distributor.give(each, { index, timeS, picture: yuvPicture(format, copy), warm: true })
    }
    if (own >= from && !job.has(own)) {
      await distributor.give(own, { index, timeS, picture: yuvPicture(format, bytes), warm: timeS < range.fromS })
      continue
    }
    pool.give(bytes)
    if (own >= from && neighbours.length === 0 && missingFrom(reading, own) !== own) return missingFrom(reading, own)
  }
  return undefined
}

/** Renders all segments of a clip that are not done yet. What is done stays done, whatever happens. */
export async function renderClip(render: ClipRender): Promise<Seen> {
  const seen: Seen = { facesSeen: 0, nearest: Number.POSITIVE_INFINITY }
  const format = frameFormat(render.info, render.pixels)
  const pool = render.session.pools.of(yuvBytes(format))
  const distributor = new Distributor(render, format, seen, pool)
  try {
    let next = missingFrom(render, 0)
    while (next !== undefined) {
      next = await renderFrom({ ...render, distributor, format, pool }, next, true)
      await distributor.closeBefore(Number.POSITIVE_INFINITY)
    }
  } catch (error) {
    await distributor.stop(error)
    throw error
  }
  return seen
}

/** Renders one segment of a clip, whatever else of it is done. `segments` must come from an index. */
export async function renderOnly(render: ClipRender, segment: number): Promise<Seen> {
  const { job, segments } = render
  const count = segments.count ?? 0
  const alone: ClipRender['job'] = {
    state: job.state,
    has: (number) => number < count && (number !== segment || job.has(number)),
    pathOf: (number) => job.pathOf(number),
    partOf: (path) => job.partOf(path),
    keep: (part, done) => job.keep(part, done),
  }
  return renderClip({ ...render, job: alone })
}
