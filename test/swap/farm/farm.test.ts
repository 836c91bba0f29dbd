import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openFaceAnalyser } from '../../../src/faces/index.ts'
import { decodeFrames, findFfmpeg, hashFootage } from '../../../src/media/index.ts'
import { readProvenance } from '../../../src/provenance/index.ts'
import { openDevice } from '../../../src/tensor/index.ts'
import { hasOpenssl, makeStudio } from '../../provenance/authority.ts'
import { sampleVideo, scratchFolder } from '../../support/data.ts'
import { type Running, startDfk as start } from '../../support/dfk.ts'
import { dfkHere } from '../../support/here.ts'
import { makeRun, recordFor } from '../support.ts'
import { freePort, HAS_REDIS, startRedis, type TestRedis } from './support.ts'

const PASSWORD = 'not-to-be-told'
const home = scratchFolder('farm')
const file = (name: string) => join(home, name)
const begun: Running[] = []
let redis: TestRedis

function dfk(...args: string[]): Running {
  const running = start(home, args, { DFK_REDIS_PASSWORD: PASSWORD })
  begun.push(running)
  return running
}

/** The same in this process, for what renders nothing. */
async function here(...args: string[]) {
  const { code, stdout, stderr } = await dfkHere(home, [...args, '--json'], { env: { DFK_REDIS_PASSWORD: PASSWORD } })
  const json = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
  return { code, json, stderr, all: stdout + stderr }
}

/** Half of the commands get the password in the URL. */
const address = (user = `:${PASSWORD}@`) => `redis://${user}127.0.0.1:${redis.port}`
const swapArgs = (clip: string, output: string, ...more: string[]) => [
  ...['swap', file(clip), '--run', 'tiny', '-o', file(output), '--segment', '50'],
  ...more,
]
const swap = (clip: string, output: string, ...more: string[]) => dfk(...swapArgs(clip, output, ...more))
const queuedHere = (clip: string, output: string, ...more: string[]) => here(...swapArgs(clip, output, '--queue', address(), ...more))
const onQueue = (clip: string, output: string, ...more: string[]) => swap(clip, output, '--queue', address(), ...more)
const work = (...more: string[]) => dfk('worker', '--queue', address(''), '--lock', '2', ...more)
const folderOf = (output: string) => file(`.${output}.rendering`)
const partsOf = (output: string) => readdirSync(folderOf(output)).filter((name) => name.endsWith('.part'))
const leftovers = () => readdirSync(home).filter((name) => name.endsWith('.rendering'))

async function withQueue<T>(body: (queue: Queue) => Promise<T>): Promise<T> {
  const connection = new Redis(redis.port, { password: PASSWORD, maxRetriesPerRequest: null })
  const queue = new Queue('dfk', { connection })
  try {
    return await body(queue)
  } finally {
    await queue.close()
    connection.disconnect()
  }
}

/** The first frames of a sample, a key frame each second: workers begin in the middle. */
async function makeClip(name: string, frames: number): Promise<void> {
  const { path } = await findFfmpeg()
  const options = ['-frames:v', String(frames), '-an', '-c:v', 'libx264', '-preset', 'veryfast', '-g', '25', '-bf', '2']
  execFileSync(path, ['-v', 'error', '-i', sampleVideo('cap13_edit2.mp4'), ...options, file(name)])
}

describe.skipIf(!HAS_REDIS)('a render on a queue (skipped where there is no redis-server)', () => {
  beforeAll(async () => {
    redis = await startRedis(home, PASSWORD)
    const analyser = await openFaceAnalyser(await openDevice('cpu'))
    let bob: readonly number[] = []
    for await (const { picture } of decodeFrames(sampleVideo('cap13_edit2.mp4'), { maxFrames: 1 })) {
      const [face] = await analyser.find(picture, { max: 1 })
      bob = Array.from(await analyser.descriptor(picture, face!.landmarks))
    }
    await analyser.dispose()
    await makeRun(home, 'tiny', recordFor('bob', bob))
    await makeClip('long.mp4', 120)
    await makeClip('short.mp4', 60)
  }, 60_000)
  afterAll(async () => {
    for (const { child } of begun) if (child.exitCode === null) child.kill('SIGKILL')
    await redis?.stop()
    rmSync(home, { recursive: true, force: true })
  })

  it('is the same picture as a local one, although a worker was killed in the middle', async () => {
    writeFileSync(
      file('shots.json'),
      JSON.stringify([
        { frames: [31, 60], on: false },
        { times: '0:04-', strength: 0.5, sharpen: 1 },
      ]),
    )
    const asked = onQueue('long.mp4', 'far.mp4', '--shots', file('shots.json'), '--layers', file('far'))
    const [first, second] = [work(), work()]
    const mine = () => partsOf('far.mp4').filter((name) => name.includes(`.${first.child.pid}.part`))
    await expect.poll(() => mine().length, { timeout: 60_000, interval: 20 }).toBe(1)
    const job = readFileSync(join(folderOf('far.mp4'), 'job.json'))
    first.child.kill('SIGKILL')
    expect(mine()).toHaveLength(1)
    const { code, json, stderr, all } = await asked.ended
    expect(stderr).not.toMatch(/ at .*\.(ts|js):/)
    expect([code, json]).toEqual([0, [expect.objectContaining({ output: file('far.mp4'), frames: 120, swapped: 90 })]])
    second.child.kill('SIGTERM')
    const done = await second.ended
    expect(done.code).toBe(130)
    expect(done.json.filter(({ segment }) => segment !== undefined).length).toBeGreaterThan(0)
    expect(all + done.all + (await first.ended).all).not.toContain(PASSWORD)
    expect(leftovers()).toEqual([])
    expect((await readProvenance(file('far.mp4'))).c2pa).toMatchObject({ state: 'valid' })
    // The output's id is in the watermark of each picture: only a local render that begins with the same one can be equal.
    mkdirSync(folderOf('near.mp4'))
    writeFileSync(join(folderOf('near.mp4'), 'job.json'), job)
    expect((await swap('long.mp4', 'near.mp4', '--shots', file('shots.json'), '--layers', file('near')).ended).code).toBe(0)
    const faces = (folder: string) => readFileSync(join(file(folder), 'frames.jsonl'), 'utf8')
    expect(faces('far')).toBe(faces('near'))
    expect((await hashFootage(join(file('far'), 'plates.mov'))).videoSha256).toBe(
      (await hashFootage(join(file('near'), 'plates.mov'))).videoSha256,
    )
    const [far, near] = [await hashFootage(file('far.mp4')), await hashFootage(file('near.mp4'))]
    expect(far.videoSha256).toBe(near.videoSha256)
  }, 120_000)

  it('waits for whoever works: nothing is queued twice, a local render keeps away, a segment is given back', async () => {
    const first = await queuedHere('short.mp4', 'queued.mp4', '--detach')
    const again = await queuedHere('short.mp4', 'queued.mp4', '--detach')
    expect([first.code, again.code]).toEqual([0, 0])
    expect(first.json).toEqual([{ output: file('queued.mp4'), queued: expect.stringMatching(/^[0-9a-f]{24}$/), segments: 2, done: 0 }])
    expect(again.json).toEqual(first.json)
    expect(await withQueue((queue) => queue.getJobCounts())).toMatchObject({ waiting: 2, 'waiting-children': 1 })
    const local = await here(...swapArgs('short.mp4', 'queued.mp4'))
    expect([local.code, local.stderr]).toEqual([1, expect.stringMatching(/queued\.mp4 to be free but it is on the queue redis:\/\/127/)])

    const worker = work()
    await expect.poll(() => partsOf('queued.mp4').length, { timeout: 60_000, interval: 20 }).toBe(1)
    worker.child.kill('SIGTERM')
    expect((await worker.ended).code).toBe(130)
    expect(partsOf('queued.mp4')).toEqual([])
    expect(await withQueue((queue) => queue.getJobCounts())).toMatchObject({ waiting: 2, active: 0, 'waiting-children': 1 })

    const asked = onQueue('short.mp4', 'queued.mp4')
    const other = await work('--until-idle', '2', '--root', home).ended
    expect(other.code).toBe(0)
    expect(other.json).toHaveLength(3)
    const { code, json } = await asked.ended
    expect([code, json]).toEqual([0, [expect.objectContaining({ frames: 60, manifest: expect.objectContaining({ embedded: true }) })]])
    // Nobody works any more, and nobody needs to.
    const there = await queuedHere('short.mp4', 'queued.mp4')
    expect(there.json).toEqual([expect.objectContaining({ output: file('queued.mp4'), frames: 60 })])
    expect(leftovers()).toEqual([])
  })

  it.skipIf(!hasOpenssl)(
    'is signed by workers that have the certificate, and by no others',
    async () => {
      const studio = makeStudio(file('studio'))
      const keys = ['--cert', studio.cert, '--key', studio.key]
      const asked = [...keys, '--layers', file('studio-layers'), '--layers-format', 'png']
      const stranger = work()
      const failed = await onQueue('short.mp4', 'studio.mp4', ...asked).ended
      expect([failed.code, failed.stderr]).toEqual([
        1,
        expect.stringMatching(/expected to sign with the certificate [0-9a-f]{16}… but found none here/),
      ])
      stranger.child.kill('SIGTERM')
      await stranger.ended
      const other = await queuedHere('short.mp4', 'studio.mp4', ...asked.slice(keys.length))
      expect([other.code, other.stderr]).toEqual([1, expect.stringMatching(/to be free but it is on the queue .*, signed by [0-9a-f]{64}/)])
      const worker = work(...keys)
      const { code, json } = await onQueue('short.mp4', 'studio.mp4', ...asked).ended
      expect([code, json[0]]).toEqual([0, expect.objectContaining({ manifest: expect.objectContaining({ issuer: 'Studio Example' }) })])
      expect((await readProvenance(file('studio.mp4'), studio.root)).c2pa).toMatchObject({ state: 'trusted', problems: [] })
      const plate = await readProvenance(file('studio-layers/frame_000001.png'))
      expect(plate.marks.find(({ kind }) => kind === 'AIGC')!.value).toContain('"ContentProducer":"Studio Example"')
      worker.child.kill('SIGTERM')
      await worker.ended
    },
    180_000,
  )

  /** Queues a render, does something, has a worker look at it, and says how the render ended. */
  async function refusedBy(output: string, change: () => void, ...more: string[]) {
    const asked = onQueue('short.mp4', output)
    await expect.poll(() => withQueue((queue) => queue.getWaitingChildrenCount()), { timeout: 30_000 }).toBe(1)
    change()
    const worker = await work('--until-idle', '1', ...more).ended
    expect(worker.code).toBe(0)
    const ended = await asked.ended
    expect(ended.json).toEqual([])
    expect(readdirSync(home)).not.toContain(output)
    return ended
  }

  it('fails with the words of the worker that refused, and is not tried again', async () => {
    const outside = await refusedBy('outside.mp4', () => {}, '--root', join(home, 'checkpoints'))
    expect([outside.code, outside.stderr]).toEqual([1, expect.stringMatching(/paths of a job inside .*checkpoints.*\(on /)])
    const record = file('checkpoints/tiny/consent/target.json')
    const kept = readFileSync(record)
    const refused = await refusedBy('refused.mp4', () =>
      writeFileSync(record, JSON.stringify(recordFor('mallory', new Array(128).fill(0.1)))),
    )
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringMatching(/found another.*\(on /)])
    writeFileSync(record, kept)
    // What failed is queued anew, once, when it is asked for again.
    const { json } = await queuedHere('short.mp4', 'outside.mp4', '--detach')
    expect(json).toEqual([expect.objectContaining({ segments: 2, done: 0 })])
    expect(await withQueue((queue) => queue.getJobCounts())).toMatchObject({ waiting: 2, 'waiting-children': 1 })
  })

  it('goes on without whoever asked for it', async () => {
    const asked = onQueue('short.mp4', 'outside.mp4')
    await expect.poll(() => asked.said(), { timeout: 30_000 }).toMatch(/nobody works on .* yet/)
    asked.child.kill('SIGINT')
    const { code, stderr } = await asked.ended
    expect([code, stderr]).toEqual([130, expect.stringContaining('the queue goes on rendering')])
    expect(await withQueue((queue) => queue.getJobCounts())).toMatchObject({ waiting: 2, 'waiting-children': 1 })
  })

  it('is refused at once where there is no such server', async () => {
    const nobody = `redis://:${PASSWORD}@127.0.0.1:${await freePort()}`
    const web = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
    }).listen(0, '127.0.0.1')
    await once(web, 'listening')
    const cases: [string[], number, RegExp][] = [
      [['worker', '--queue', `redis://127.0.0.1:${(web.address() as { port: number }).port}`], 1, /but what answers there is no Redis/],
      [
        ['worker', '--queue', nobody],
        1,
        /^dfk: expected a Redis server at redis:\/\/127\.0\.0\.1:\d+\/0 \(dfk\) but nothing listens there \(ECONNREFUSED\)\n {2}hint: .*\n$/,
      ],
      [['worker', '--queue', address(':wrong@')], 1, /but it wants another password/],
      [['worker', '--queue', `http://:${PASSWORD}@x`], 2, /expected the URL of a Redis server but found one of http:/],
      [['swap', file('short.mp4'), '--run', 'tiny', '-o', file('x.mp4'), '--queue', nobody], 1, /nothing listens there/],
      [['swap', file('short.mp4'), '--run', 'tiny', '-o', file('x.png'), '--queue', nobody, '--preview', '2'], 2, /no --preview/],
    ]
    for (const [args, code, message] of cases) {
      const ended = await here(...args, '--quiet')
      expect(ended.stderr).toMatch(message)
      expect(ended.code).toBe(code)
      expect(ended.all).not.toContain(PASSWORD)
    }
    web.close()
  })
})
