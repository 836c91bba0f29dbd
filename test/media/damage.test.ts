import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inputOptions, passthroughOptions } from '../../src/media/arguments.ts'
import { findFfmpeg } from '../../src/media/binaries.ts'
import { type Damage, DamageLog, damageSign, describeDamage } from '../../src/media/damage.ts'
import { decodeFrames } from '../../src/media/decode.ts'
import { hashFootage } from '../../src/media/hash.ts'
import { indexPackets } from '../../src/media/packets.ts'
import { probeMedia } from '../../src/media/probe.ts'
import { scratchFolder } from '../support/data.ts'

const folder = scratchFolder('damage')
const file = (name: string) => join(folder, name)
const { path: oldFfmpeg } = createRequire(import.meta.url)('@ffmpeg-installer/ffmpeg') as { path: string }
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const KINDS: Record<string, string[]> = {
  mp4: ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '25', '-movflags', '+faststart'],
  ts: ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25'],
  avi: ['-c:v', 'mpeg4'],
  mpg: ['-c:v', 'mpeg1video', '-f', 'mpeg'],
  mkv: ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25'],
}

/** Overwrites 400 bytes at two fifths with bytes that look like no header. */
function scratched(whole: Buffer): Buffer {
  const data = Buffer.from(whole)
  for (let i = 0; i < 400; i += 1) data[Math.floor(data.length * 0.4) + i] = (i * 37 + 91) % 251
  return data
}

beforeAll(async () => {
  const { path } = await findFfmpeg()
  for (const [kind, args] of Object.entries(KINDS)) {
    const input = ['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=25:d=4', '-threads', '1']
    spawnSync(path, ['-v', 'error', '-nostdin', '-y', ...input, ...args, file(`whole.${kind}`)])
    const whole = readFileSync(file(`whole.${kind}`))
    writeFileSync(file(`cut.${kind}`), whole.subarray(0, whole.length * 0.6))
    writeFileSync(file(`bad.${kind}`), scratched(whole))
  }
  const avi = readFileSync(file('whole.avi'))
  writeFileSync(file('noindex.avi'), avi.subarray(0, avi.lastIndexOf('idx1')))
  const mpg = readFileSync(file('whole.mpg'))
  writeFileSync(file('jump.mpg'), Buffer.concat([mpg, mpg]))
})

it('a clip without its end is an error, or its frames for who knows what to say of it', async () => {
  const all = async (onCut?: () => void) => {
    let count = 0
    for await (const _ of decodeFrames(file('cut.mp4'), { onCut })) count += 1
    return count
  }
  await expect(all()).rejects.toThrow(/the file is truncated/)
  const said: string[] = []
  expect(await all(() => said.push('cut'))).toBeGreaterThanOrEqual(55)
  expect(said).toEqual(['cut'])
})

async function damageOf(ffmpeg: string, version: string, name: string): Promise<{ decoded: number; damage: Damage | undefined }> {
  const info = await probeMedia(file(name))
  const graph = ['-map', '0:V:0', '-vf', 'showinfo', ...passthroughOptions(version), '-f', 'null', '-']
  const { stderr } = spawnSync(ffmpeg, ['-nostdin', ...inputOptions(), '-i', file(name), ...graph], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  const log = new DamageLog()
  let decoded = 0
  for (const line of stderr.split(/\r?\n/)) {
    const shown = /showinfo.* n: *\d+ .*pts_time:([\d.]+)/.exec(line)
    if (shown !== null) {
      decoded += 1
      log.reach(Number(shown[1]))
    }
    log.read(line)
  }
  return { decoded, damage: log.finish(decoded, info.frames) }
}

describe('broken footage', () => {
  const cases = [
    ['whole.mp4', 100, undefined],
    ['whole.mkv', 100, undefined],
    ['whole.mpg', 100, undefined],
    ['noindex.avi', 100, undefined],
    ['jump.mpg', 200, undefined],
    ['cut.mp4', 55, { isTruncated: true }],
    ['bad.mp4', 97, { isTruncated: false }],
    ['bad.ts', 97, { isTruncated: false }],
    ['bad.avi', 97, { isTruncated: false }],
    ['bad.mpg', 97, { isTruncated: false }],
    ['cut.mkv', 50, { isTruncated: true }],
  ] as const
  it.each(cases)('%s gives at least %i frames and says what is wrong', async (name, least, wanted) => {
    for (const [path, version] of [
      [(await findFfmpeg()).path, (await findFfmpeg()).version],
      [oldFfmpeg, 'N-47683'],
    ] as const) {
      // The build of 2018 says nothing of transport packets that it skips.
      if (name === 'bad.ts' && path === oldFfmpeg) continue
      const { decoded, damage } = await damageOf(path, version, name)
      expect(decoded).toBeGreaterThanOrEqual(least)
      if (wanted === undefined) {
        expect(damage).toBeUndefined()
        continue
      }
      expect(damage).toMatchObject(wanted)
      const middle = name.startsWith('bad')
      const near = damage!.spans.some(({ fromS, toS }) => (middle ? fromS < 3 && toS > 0.5 : toS > 1))
      expect(near).toBe(true)
      expect(describeDamage(damage!)).toMatch(middle ? /damaged/ : /the end is missing/)
    }
  })

  it('is told from what ffmpeg says otherwise', () => {
    expect(damageSign('[h264 @ 0x1] [info] concealing 57 DC, 57 AC, 57 MV errors in B frame')).toBe('concealed')
    expect(damageSign('[error] Error while decoding stream #0:0: Invalid data found when processing input')).toBe('lost')
    expect(damageSign('[vist#0:0/h264 @ 0x1] [error] Error submitting packet to decoder: Invalid data found')).toBe('lost')
    expect(damageSign('[matroska,webm @ 0x6813c80] [error] Read error')).toBe('truncated')
    expect(damageSign('[Parsed_showinfo_3 @ 0x1] [info] n:   0 pts:      0 pts_time:0')).toBeUndefined()
    expect(damageSign('[warning] deprecated pixel format used, make sure you did set range correctly')).toBeUndefined()
  })

  it('is described in one line', () => {
    const spans = [
      { fromS: 61.6, toS: 61.6 },
      { fromS: 90, toS: 92 },
    ]
    expect(describeDamage({ isTruncated: true, concealed: 0, lost: 0, missing: 41, spans: [] })).toBe('the end is missing (41 frames)')
    expect(describeDamage({ isTruncated: false, concealed: 2, lost: 1, missing: 1, spans })).toBe(
      '1 frame could not be decoded; 3 damaged frames near 1:01.6, 1:30.0 to 1:32.0',
    )
  })

  it('has a hash of the file where the end is missing, and none of the picture', async () => {
    expect(await hashFootage(file('cut.mp4'))).toEqual({ name: 'cut.mp4', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(await hashFootage(file('bad.mp4'))).toHaveProperty('videoSha256')
  })

  it('tells when packets cannot tell the times', async () => {
    const [whole, jump] = await Promise.all(['whole.mp4', 'jump.mpg'].map(async (name) => indexPackets(await probeMedia(file(name)))))
    expect([whole!.untimed, whole!.jumps]).toEqual([0, 0])
    expect(jump!.jumps).toBe(1)
  })
})
