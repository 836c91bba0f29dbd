import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { findFfmpeg } from '../../src/media/binaries.ts'
import { probeMedia } from '../../src/media/index.ts'
import { scratchFolder } from '../support/data.ts'
import { pass, pictures } from './nobody.ts'

const folder = scratchFolder('resume')
const file = (name: string) => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function make(name: string, ...args: string[]): Promise<string> {
  const input = ['-f', 'lavfi', '-i', 'testsrc2=size=96x64:rate=25:d=5', '-threads', '1', '-pix_fmt', 'yuv420p']
  execFileSync((await findFfmpeg()).path, ['-v', 'error', '-nostdin', '-y', ...input, ...args, file(name)])
  return file(name)
}

/** Overwrites 60 bytes at a part of a file. */
function scratch(path: string, at: number): void {
  const data = readFileSync(path)
  for (let i = 0; i < 60; i += 1) data[Math.floor(data.length * at) + i] = (i * 37 + 91) % 251
  writeFileSync(path, data)
}

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '12']

describe('a render that was stopped', () => {
  it('knows of the damage that was met before it stopped', async () => {
    const path = await make('damaged.avi', '-c:v', 'mpeg4', '-g', '12')
    scratch(path, 0.2)
    const info = await probeMedia(path)
    const { harm } = await pass(info, file('whole.mkv'), { segment: 50 })
    // Decoders notice a few frames late, sometimes more, sometimes fewer.
    const said = /^1 damaged frame near 0:0[01]\.\d$/
    expect(harm).toMatch(said)
    await expect(pass(info, file('again.mkv'), { segment: 50, stopAfter: 120 })).rejects.toThrow(/interrupted/)
    const again = await pass(info, file('again.mkv'), { segment: 50 })
    expect(again.kept).toBeGreaterThan(0)
    expect(again.harm).toMatch(said)
  })
})

/** An ffmpeg that seeks too late, as it does in files whose index lies. */
async function lateFfmpeg(): Promise<string> {
  const { path } = await findFfmpeg()
  const late =
    'for arg; do shift; if [ "$last" = -ss ]; then arg=$(echo "$arg 4" | awk \'{ print $1 + $2 }\'); fi; last=$arg; set -- "$@" "$arg"; done'
  writeFileSync(file('late'), `#!/bin/sh\n${late}\nexec ${path} "$@"\n`, { mode: 0o755 })
  return file('late')
}

describe('a clip that is read from the middle', () => {
  afterEach(() => {
    delete process.env['FFMPEG_PATH']
  })

  it.each([
    ['packed B-frames', 'packed.avi', ['-c:v', 'mpeg4', '-bf', '2', '-g', '50', '-vtag', 'DIVX'], true],
    ['frames before the first', 'edited.mp4', [...X264, '-ss', '0.5'], true],
    ['open groups of pictures', 'open.ts', ['-c:v', 'mpeg2video', '-bf', '2', '-g', '25'], true],
    ['an index that leads too far', 'liar.mp4', X264, false],
  ] as const)('%s: no frame is lost or shown twice', async (_, name, args, isHonest) => {
    const path = await make(name, ...args)
    const info = await probeMedia(path)
    const wanted = await pictures(path, 'yuv420p')
    const output = file(`${name.replace('.', '-')}.mkv`)
    await expect(pass(info, output, { segment: 40, stopAfter: 90 })).rejects.toThrow(/interrupted/)
    if (!isHonest) process.env['FFMPEG_PATH'] = await lateFfmpeg()
    const { frames, kept } = await pass(info, output, { segment: 40 })
    delete process.env['FFMPEG_PATH']
    expect(kept).toBeGreaterThan(0)
    expect(frames).toBe(wanted.length)
    expect(await pictures(output, 'yuv420p')).toEqual(wanted)
  })
})
