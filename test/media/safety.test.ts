import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeFrames, findFfmpeg, hashFootage, probeMedia, readPicture } from '../../src/media/index.ts'
import { checkBounds } from '../../src/media/limits.ts'
import { DfkError, printable } from '../../src/work/errors.ts'
import { scratchFolder } from '../support/data.ts'

const folder = scratchFolder('safety')
const file = (name: string) => join(folder, name)
let server: Server
let connections = 0
let port = 0

const NAMES = [
  'net.m3u8',
  'file.m3u8',
  'relative.m3u8',
  'named.mp4',
  'sub.mp4',
  'data.mkv',
  'list.ffconcat',
  'list.mp4',
  'list.txt',
  'call.sdp',
  'net.mpd',
  'file.mpd',
  'net.mov',
]

/** Crafted files by name; `secret.mp4` beside them must never be decoded, the server never asked. */
function crafted(): Record<string, string> {
  const [secret, url] = [file('secret.mp4'), `http://127.0.0.1:${port}/secret.ts`]
  const mpd = (base: string) =>
    `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1000"><BaseURL>${base}</BaseURL></Representation></AdaptationSet></Period></MPD>`
  const hls = (name: string) => `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n${name}\n#EXT-X-ENDLIST\n`
  return {
    'net.m3u8': hls(url),
    'file.m3u8': hls(secret),
    'relative.m3u8': hls('secret.ts'),
    'named.mp4': hls(secret),
    'sub.mp4': hls(`subfile,,start,0,end,0,,:${secret}`),
    'data.mkv': hls(`data:video/mp4;base64,${readFileSync(secret).toString('base64').slice(0, 2000)}`),
    'list.ffconcat': `ffconcat version 1.0\nfile '${secret}'\n`,
    'list.mp4': `ffconcat version 1.0\nfile secret.mp4\n`,
    'list.txt': `ffconcat version 1.0\nfile '${url}'\n`,
    'call.sdp': `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video ${port} RTP/AVP 96\na=rtpmap:96 H264/90000\n`,
    'net.mpd': mpd(url),
    'file.mpd': mpd(`file://${secret}`),
    'net.mov': `rtsptext\r\nrtsp://127.0.0.1:${port}/x\r\n`,
  }
}

/** An alias record of QuickTime that names a file by its absolute path, behind size, type and flags. */
function alias(path: string): Buffer {
  const name = Buffer.from(path)
  const entry = Buffer.alloc(12 + 150 + 4 + name.length + (name.length % 2) + 4)
  entry.writeUInt32BE(entry.length, 0)
  entry.write('alis', 4, 'latin1')
  entry.writeUInt16BE(2, 162)
  entry.writeUInt16BE(name.length, 164)
  name.copy(entry, 166)
  entry.writeInt16BE(-1, entry.length - 4)
  return entry
}

/** A MOV whose samples lie in another file. */
function externalMov(): void {
  const movie = readFileSync(file('secret.mov'))
  const reference = movie.indexOf('dref') + 12
  const size = movie.readUInt32BE(reference)
  const grown = Buffer.concat([movie.subarray(0, reference), alias(file('secret.mov')), movie.subarray(reference + size)])
  const more = grown.length - movie.length
  for (const box of ['dref', 'dinf', 'minf', 'mdia', 'trak', 'moov']) {
    const place = grown.lastIndexOf(box, reference) - 4
    grown.writeUInt32BE(grown.readUInt32BE(place) + more, place)
  }
  // The samples' own bytes are taken away, so that a picture could come from the other file only.
  const data = grown.indexOf('mdat')
  grown.fill(0, data + 4, grown.indexOf('moov') - 4)
  writeFileSync(file('external.mov'), grown)
}

beforeAll(async () => {
  const { path } = await findFfmpeg()
  const secret = ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'color=c=white:size=64x64:rate=5:d=1', '-pix_fmt', 'yuv420p']
  for (const name of ['secret.mp4', 'secret.ts', 'secret.mov']) execFileSync(path, [...secret, file(name)])
  server = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as { port: number }).port
  for (const [name, text] of Object.entries(crafted())) writeFileSync(file(name), text)
  externalMov()
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

async function decoded(path: string): Promise<number> {
  let frames = 0
  for await (const _ of decodeFrames(path)) frames += 1
  return frames
}

describe('untrusted media', () => {
  it('the files would be followed by an ffmpeg that is not held back', async () => {
    const { path } = await findFfmpeg()
    const args = ['-v', 'error', '-safe', '0', '-i', file('list.ffconcat'), '-f', 'framemd5', '-']
    expect(execFileSync(path, args, { encoding: 'utf8' }).trim().split('\n').length).toBeGreaterThan(5)
    const follow = ['-v', 'error', '-enable_drefs', '1', '-use_absolute_path', '1', '-i', file('external.mov'), '-f', 'framemd5', '-']
    expect(execFileSync(path, follow, { encoding: 'utf8' }).trim().split('\n').length).toBeGreaterThan(5)
  })

  it.each(NAMES)('%s opens nothing else', async (name) => {
    const failures = await Promise.all([decoded, probeMedia, hashFootage].map((read) => read(file(name)).catch((error: unknown) => error)))
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(DfkError)
      expect((failure as Error).message).toMatch(/refers to other files|is neither, or is damaged|truncated|only sound|no picture/)
    }
    expect(connections).toBe(0)
  })

  it('takes no pattern for a list of files', async () => {
    copyFileSync(file('secret.mp4'), file('shot_%02d.mp4'))
    copyFileSync(file('secret.mp4'), file("it's: a\n-name.mp4"))
    expect(await decoded(file('shot_%02d.mp4'))).toBe(5)
    expect(await decoded(file("it's: a\n-name.mp4"))).toBe(5)
    await expect(probeMedia(file('frame_%03d.png'))).rejects.toThrow(/found no such file/)
  })

  it('reads no samples of another file', async () => {
    const frames: number[] = []
    const reading = (async () => {
      for await (const { picture } of decodeFrames(file('external.mov'))) frames.push(picture.data[0]!)
    })()
    await reading.catch(() => {})
    expect(frames.filter((level) => level > 200)).toEqual([])
  })

  it('spells out what could break a line or command a terminal', async () => {
    expect(printable('a\nb\u001b[2Jc\u202ed')).toBe('a\\nb\\x1b[2Jc\\u202ed')
    await expect(probeMedia(file('absent\n\u001b[31m.mp4'))).rejects.toThrow('absent\\n\\x1b[31m.mp4')
  })
})

describe('bounds', () => {
  it('of pictures and clips', async () => {
    const info = await probeMedia(file('secret.mp4'))
    expect(checkBounds(info)).toBe(info)
    expect(() => checkBounds({ ...info, width: 20_000 })).toThrow(/at most 16384 pixels a side but found 20000×64/)
    expect(() => checkBounds({ ...info, width: 16_384, height: 16_384 })).toThrow(/expected a picture/)
    expect(() => checkBounds({ ...info, frames: 1e9 })).toThrow(/expected a clip of at most/)
    expect(() => checkBounds({ ...info, durationS: 1e9 })).toThrow(/expected a clip of at most/)
  })

  it('of a still that claims more pixels than it has bytes', async () => {
    const sharp = (await import('sharp')).default
    const small = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#000' } })
      .png()
      .toBuffer()
    small.writeUInt32BE(60_000, 16)
    small.writeUInt32BE(60_000, 20)
    // The checksum is wrong now, which libpng takes for damage: both ways nothing of that size is set aside.
    writeFileSync(file('bomb.png'), small)
    await expect(readPicture(file('bomb.png'))).rejects.toThrow(DfkError)
  })
})
