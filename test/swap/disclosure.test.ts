import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openFaceAnalyser } from '../../src/faces/index.ts'
import { decodeFrames, readPicture, writePicture } from '../../src/media/index.ts'
import { createPicture, type Picture } from '../../src/picture/picture.ts'
import { drawLabel, type Label, readProvenance } from '../../src/provenance/index.ts'
import { openDevice } from '../../src/tensor/index.ts'
import { hasOpenssl, makeStudio, openAuthority } from '../provenance/authority.ts'
import { ffmpeg } from '../provenance/support.ts'
import { sampleVideo, scratchFolder } from '../support/data.ts'
import { makeRun, recordFor } from './support.ts'

const home = scratchFolder('disclosure')
const file = (name: string) => join(home, name)
const bin = fileURLToPath(new URL('../../bin/dfk.js', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly json: { output: string; manifest: { issuer: string; anchor?: string; timeStamped: boolean } }[]
  readonly stderr: string
}

async function swap(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [bin, 'swap', '--json', '--quiet', '--device', 'cpu', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env, DFK_HOME: home },
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data) => {
    stdout += data
  })
  child.stderr.on('data', (data) => {
    stderr += data
  })
  const [code] = await once(child, 'close')
  const lines = stdout.split('\n').filter((line) => line !== '')
  return { code: code as number | null, json: lines.map((line) => JSON.parse(line)), stderr }
}

const clip = (...more: string[]) => [file('clip.mp4'), '--run', 'free', '-o', file('out.mp4'), ...more]

/** Whether a picture bears a label: nearly white where its letters are, dark between them. */
function bears({ width, height, data }: Picture, label: Label): boolean {
  const [black, white] = [createPicture(width, height), createPicture(width, height)]
  white.data.fill(255)
  drawLabel(black, label)
  drawLabel(white, label)
  let [ink, plate, inkCount, plateCount] = [0, 0, 0, 0]
  for (let i = 0; i < data.length; i += 3) {
    if (black.data[i] === 255) [ink, inkCount] = [ink + data[i]!, inkCount + 1]
    else if (black.data[i] === 0 && white.data[i]! < 100) [plate, plateCount] = [plate + data[i]!, plateCount + 1]
  }
  return ink / inkCount - plate / plateCount > 90
}

async function framesOf(path: string): Promise<Picture[]> {
  const found: Picture[] = []
  for await (const { picture } of decodeFrames(path)) found.push(picture)
  return found
}

beforeAll(async () => {
  const analyser = await openFaceAnalyser(await openDevice('cpu'))
  const [frame] = await (async () => {
    for await (const { picture } of decodeFrames(sampleVideo('cap13_edit2.mp4'), { maxFrames: 1 })) return [picture]
    return []
  })()
  const [face] = await analyser.find(frame!, { max: 1 })
  const bob = [...(await analyser.descriptor(frame!, face!.landmarks))]
  await analyser.dispose()
  await makeRun(home, 'free', recordFor('bob', bob))
  await makeRun(home, 'strict', recordFor('bob', bob, { disclosure: { visibleLabel: true, c2pa: true, watermark: true } }))
  await ffmpeg(['-i', sampleVideo('cap13_edit2.mp4'), '-frames:v', '65', '-c:v', 'libx264', '-crf', '16', file('clip.mp4')])
  await writePicture(file('still.png'), frame!)
  writeFileSync(file('shots.json'), JSON.stringify([{ frames: [11, 20], label: false }]))
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

describe('dfk swap and the law', () => {
  it.each([
    ['--no-label under the EU’s', clip('--law', 'eu', '--no-label'), 'law.eu'],
    ['a shot without a label under the EU’s, dry too', clip('--law', 'eu', '--shots', file('shots.json'), '--dry-run'), 'law.eu'],
    ['--no-label against a record', [file('clip.mp4'), '--run', 'strict', '-o', file('out.mp4'), '--no-label'], 'disclosure.visibleLabel'],
    ['a required label that says something else', clip('--law', 'eu', '--label-text', 'REAL FOOTAGE', '--dry-run'), 'law.eu'],
  ])('refuses %s', async (_, args, clause) => {
    const { code, stderr } = await swap(args)
    expect(stderr).toContain(`[${clause}]`)
    expect(code).toBe(3)
    expect(existsSync(file('out.mp4'))).toBe(false)
  })

  it('draws what the law asks for, for as long as it asks, and says so in the file', async () => {
    const { code, stderr } = await swap(
      clip(
        ...['--law', 'cn', 'us-ca', '--label-seconds', '2', '--label-place', 'top-right', '--provider', 'Studio Example'],
        ...['--layers', file('layers'), '--layers-format', 'png'],
      ),
    )
    expect([code, stderr]).toEqual([0, ''])
    const frames = await framesOf(file('out.mp4'))
    const label: Label = { text: 'AI GENERATED 人工智能生成', place: 'top-right' }
    const labelled = frames.map((frame) => bears(frame, label))
    // 25 frames a second.
    expect(labelled.lastIndexOf(true)).toBe(49)
    expect(labelled.indexOf(false)).toBe(50)
    const { marks, c2pa } = await readProvenance(file('out.mp4'))
    const aigc = JSON.parse(marks.find(({ kind }) => kind === 'AIGC')!.value) as Record<string, string>
    expect(aigc).toMatchObject({ Label: '1', ContentProducer: 'Studio Example', ProduceID: c2pa!.outputId })
    expect(c2pa!.actions).toContain('c2pa.addedText')
    const plate = await readProvenance(file('layers/frame_000001.png'))
    expect(plate.marks.find(({ kind }) => kind === 'AIGC')!.value).toBe(JSON.stringify(aigc))
    expect(JSON.parse(readFileSync(file('layers/layers.json'), 'utf8')).marks.AIGC).toBe(JSON.stringify(aigc))
  })

  it('leaves it out where nobody asks, and draws it where a record does', async () => {
    const still = [file('still.png'), '-o', file('still-out.png')]
    const label: Label = { text: 'AI GENERATED', place: 'bottom-left' }
    expect((await swap([...still, '--run', 'free', '--no-label'])).code).toBe(0)
    expect(bears(await readPicture(file('still-out.png')), label)).toBe(false)
    expect((await swap([...still, '--run', 'strict', '--label-language', 'de'])).code).toBe(0)
    expect(bears(await readPicture(file('still-out.png')), { ...label, text: 'KI-GENERIERT' })).toBe(true)
  })

  it('wants a container that holds the metadata', async () => {
    const { code, stderr } = await swap([file('clip.mp4'), '--run', 'free', '-o', file('out.mkv'), '--law', 'us-ca'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/--law us-ca: expected an output that holds the metadata/)
  })
})

describe.skipIf(!hasOpenssl)('dfk swap signs as a studio', () => {
  it('with what flags or the environment name, a folder of stills too', async () => {
    const studio = makeStudio(file('studio'), { passphrase: 'wind' })
    const authority = await openAuthority(file('tsa'))
    try {
      const env = { DFK_CERT: studio.cert, DFK_CERT_KEY: studio.key, DFK_CERT_PASSPHRASE: 'wind', DFK_TSA: authority.url }
      mkdirSync(file('stills'))
      await writePicture(file('stills/a.png'), await readPicture(file('still.png')))
      const { code, json, stderr } = await swap([file('stills'), '--run', 'free', '-o', file('stills-out')], env)
      expect([code, stderr]).toEqual([0, ''])
      expect(json[0]!.manifest).toMatchObject({ issuer: 'Studio Example', timeStamped: true })
      const { c2pa } = await readProvenance(file('stills-out/a.png'), studio.root + authority.root)
      expect(c2pa).toMatchObject({ state: 'trusted', problems: [], issuer: 'Studio Example' })
      expect(c2pa!.signedAt).toBeDefined()
    } finally {
      await authority.close()
    }
  })

  it('and says what is wrong before anything is rendered', async () => {
    const [studio, other] = [makeStudio(file('one')), makeStudio(file('two'))]
    const wrong = await swap(clip('--cert', studio.cert, '--key', other.key))
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toMatch(/^dfk: --key: expected the key of the certificate in .* but found another\n {2}hint: .*\n$/)
    expect((await swap(clip('--cert', studio.cert))).stderr).toContain('expected --cert and --key together but found only --cert')
    const late = await swap(clip('--tsa', 'http://127.0.0.1:1/'))
    expect(late.code).toBe(1)
    expect(late.stderr).toMatch(/--tsa: expected a time stamp from http:\/\/127\.0\.0\.1:1\/ but found/)
    expect(late.stderr).not.toContain('what is rendered is kept')
    const open = await swap(clip('--tsa', 'ftp://tsa.example'))
    expect(open).toMatchObject({ code: 2, stderr: expect.stringContaining('expected the http or https address of a time-stamp authority') })
    expect(readdirSync(home).filter((name) => /out\.mp4|rendering/.test(name) && name.startsWith('.'))).toEqual([])
  })
})
