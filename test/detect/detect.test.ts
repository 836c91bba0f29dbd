import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, truncateSync } from 'node:fs'
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditPath } from '../../src/consent/audit.ts'
import { readAudit } from '../../src/consent/auditVerify.ts'
import { appendAudit } from '../../src/consent/index.ts'
import { decodeFrames, writePicture } from '../../src/media/index.ts'
import { createPicture } from '../../src/picture/picture.ts'
import { embedWatermark, newOutputId, stampOutput } from '../../src/provenance/index.ts'
import { parseCsv } from '../../src/report/csv.ts'
import { sampleVideo, scratchFolder, sharedData } from '../support/data.ts'

const bin = fileURLToPath(new URL('../../bin/dfk.js', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  lines(): Record<string, never>[]
}

const dfk = (...args: string[]) => dfkIn(undefined, ...args)

/** Runs `dfk detect` in an installation. */
function dfkIn(home: string | undefined, ...args: string[]): Ended {
  const env = { ...process.env, ...(home !== undefined && { DFK_HOME: home }) }
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'detect', ...args], { encoding: 'utf8', env })
  return {
    code: status,
    stdout,
    stderr,
    lines: () =>
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
  }
}

describe('dfk detect', () => {
  let folder: string
  let still: string
  let stamped: string
  const id = newOutputId()

  beforeAll(async () => {
    folder = scratchFolder('detect')
    still = join(folder, 'still.png')
    stamped = join(folder, 'stamped.png')
    for await (const { picture } of decodeFrames(sampleVideo('cap13_edit2.mp4'), { maxFrames: 1 })) {
      await writePicture(still, picture)
      embedWatermark(picture, id)
      await writePicture(stamped, picture)
    }
    const consent = [{ role: 'target', hash: 'a'.repeat(64), scope: 'a test' }]
    const model = { name: 'test', sha256: 'b'.repeat(64) }
    await stampOutput({ file: stamped, parent: still, outputId: id, title: 'stamped', consent, model, watermark: true, home: folder })
    await writePicture(join(folder, 'blank.png'), createPicture(320, 240))
    await writeFile(join(folder, 'broken.jpg'), 'not a picture')
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('scores what it can, says no-face without calling it real, and ends with 1 for a file that it cannot read', () => {
    const { code, lines, stderr } = dfk(still, join(folder, 'blank.png'), join(folder, 'broken.jpg'), '--json')
    expect(code).toBe(1)
    const [face, blank, broken] = lines()
    expect(lines()).toHaveLength(3)
    expect(broken).toEqual({ file: join(folder, 'broken.jpg'), error: expect.stringContaining('broken.jpg'), hint: expect.any(String) })
    expect(face).toMatchObject({ file: still, provenance: { c2pa: null, watermark: null, marks: [] }, kind: 'image' })
    expect(face?.['probability']).toBeGreaterThanOrEqual(0)
    expect(face?.['probability']).toBeLessThanOrEqual(1)
    expect(face?.['faces']).toHaveLength(1)
    expect(blank).toMatchObject({ probability: null, verdict: 'no-face', faces: [], note: expect.stringMatching(/no face/) })
    expect(stderr.split('\n').filter((line) => line.startsWith('dfk: '))).toEqual([expect.stringContaining('broken.jpg')])
  })

  it('reports manifest, watermark and marks beside a probability that they do not change', async () => {
    const { code, lines } = dfk(still, stamped, '--json', '--quiet')
    expect(code).toBe(0)
    const [plain, marked] = lines() as unknown as { probability: number; provenance: Record<string, unknown>; sha256: string }[]
    expect(marked?.provenance).toMatchObject({ c2pa: { state: 'valid', outputId: id }, watermark: { id }, declaresSynthetic: true })
    expect(Math.abs(marked!.probability - plain!.probability)).toBeLessThan(0.25) // the watermark's noise alone
    expect(marked?.sha256).toBe(
      createHash('sha256')
        .update(await readFile(stamped))
        .digest('hex'),
    )
  })

  it('logs a report that shows what was made under a record, and names the record in it', async () => {
    const home = join(folder, 'home')
    await appendAudit(home, new Date(), () => [{ what: 'sign', records: [], about: {} }])
    const report = join(folder, 'stamped.html')
    const { code, stderr } = dfkIn(home, stamped, still, '--report', report)
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('warning')])
    expect(await readFile(report, 'utf8')).toContain(`<meta name="dfk-records" content="${'a'.repeat(64)}">`)
    expect((await readAudit(home)).at(-1)).toMatchObject({ what: 'report', records: ['a'.repeat(64)], about: { path: report } })
    // Of the person's own footage: nobody's record made it.
    expect(dfkIn(home, still, '--report', report).code).toBe(0)
    expect(await readFile(report, 'utf8')).toContain('<meta name="dfk-records" content="">')
    // A log that was altered keeps no file from being judged.
    truncateSync(auditPath(home), 10)
    const altered = dfkIn(home, stamped, '--report', report)
    expect(altered).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('warning: dfk consent purge will find the report only where'),
    })
    expect(await readFile(report, 'utf8')).toContain('a'.repeat(64))
  })

  it('samples a clip evenly, gives each face its time and writes a report', async () => {
    const report = join(folder, 'out.html')
    const { code, lines } = dfk(sampleVideo('cap13_edit2.mp4'), '--frames', '5', '--json', '--report', report)
    expect(code).toBe(0)
    const [clip] = lines() as unknown as {
      faces: { frame: number; timeS: number; sample: string }[]
      framesExamined: number
    }[]
    expect(clip?.framesExamined).toBe(5)
    const even = clip!.faces.filter(({ sample }) => sample === 'even')
    expect(even.map(({ frame }) => frame)).toEqual([0, 153, 306, 459, 612])
    expect(even.at(-1)?.timeS).toBeGreaterThan(20)
    const page = await readFile(report, 'utf8')
    expect(page).toContain('No detector is certain')
    expect(page).toContain('cap13_edit2.mp4')
  })

  it.skipIf(sharedData('stills/three_people.jpg') === undefined)('judges every face of a group', () => {
    const { lines } = dfk(sharedData('stills/three_people.jpg')!, '--json', '--quiet')
    const [group] = lines() as unknown as {
      witnesses: { witness: string; probability: number }[]
      faces: { probability: number }[]
      note: string
    }[]
    expect(group?.faces).toHaveLength(3)
    expect(group?.note).toMatch(/^3 faces/)
    // The network says how likely it is that one of them is manipulated: their mean odds.
    const odds = (probability: number) => probability / (1 - probability)
    const network = group?.witnesses.find(({ witness }) => witness === 'network')
    const mean = group!.faces.reduce((sum, { probability }) => sum + odds(probability), 0) / 3
    expect(odds(network!.probability) / mean).toBeCloseTo(1, 2)
  })

  it('writes a table with a line a file, and ends with 4 where --fail-on names what it finds', async () => {
    const csv = join(folder, 'out.csv')
    const files = [stamped, join(folder, 'blank.png'), join(folder, 'broken.jpg')]
    const { code, stderr } = dfk(...files, '--csv', csv, '--fail-on', 'declared-synthetic', '--quiet')
    expect(code).toBe(4)
    expect(stderr).toContain('found 1 of 3')
    const [head, ...rows] = parseCsv(await readFile(csv, 'utf8'), csv).map(({ cells }) => cells)
    const cell = (row: number, name: string) => rows[row]![head!.indexOf(name)]
    expect(rows.map(([file]) => file)).toEqual(files)
    expect(cell(0, 'declares_synthetic')).toBe('true')
    expect(cell(0, 'c2pa_state')).toBe('valid')
    expect(cell(0, 'watermark')).toBe(id)
    expect(Number(cell(0, 'probability'))).toBeGreaterThan(0)
    expect([cell(1, 'verdict'), cell(1, 'probability')]).toEqual(['no-face', ''])
    expect(cell(2, 'error')).toMatch(/broken\.jpg/)
    expect(existsSync(`${csv}.part`)).toBe(false)
    expect(dfk(still, '--fail-on', 'no-face', '--quiet').code).toBe(0)
    expect(dfk(still, '--fail-on', 'likely-fake').code).toBe(2)
  })

  it('says with --json too what it could not find, and which files of a folder it passed over', async () => {
    const missing = dfk(join(folder, 'missing.mp4'), '--json')
    expect(missing.code).toBe(1)
    expect(missing.lines()).toEqual([expect.objectContaining({ file: join(folder, 'missing.mp4'), error: expect.any(String) })])
    const mixed = join(folder, 'mixed')
    await mkdir(join(mixed, 'inner'), { recursive: true })
    await copyFile(join(folder, 'blank.png'), join(mixed, 'a.png'))
    for (const name of ['b.bmp', 'inner/c.BMP', 'readme']) await writeFile(join(mixed, name), 'x')
    const { code, lines, stderr } = dfk(mixed, '--json')
    expect(code).toBe(0)
    expect(lines()).toHaveLength(1)
    expect(stderr).toContain('passed over: 3 files in folders')
    expect(stderr).toContain('.bmp 2, no ending 1')
  })

  it('answers bad input with one line and the right code, and writes nothing', async () => {
    await writeFile(join(folder, 'empty.mp4'), '')
    await mkdir(join(folder, 'no-media'), { recursive: true })
    for (const input of ['missing.mp4', 'empty.mp4', 'broken.jpg', 'no-media']) {
      const { code, stdout, stderr } = dfk(join(folder, input), '--report', join(folder, 'none.html'))
      expect(code).toBe(1)
      expect(stdout).toBe('')
      expect(stderr.split('\n').filter((line) => line.startsWith('dfk: '))).toHaveLength(1)
    }
    expect(existsSync(join(folder, 'none.html'))).toBe(false)
    expect(dfk(still, '--frames', '0').code).toBe(2)
    expect(dfk(still, '--report', still).code).toBe(2)
    expect(dfk(still, '--csv', still).code).toBe(2)
    expect(dfk(still, '--report', join(folder, 'nowhere', 'out.html')).code).toBe(2)
  })

  it('says with --dry-run what it would do', () => {
    const report = join(folder, 'dry.html')
    const { code, lines } = dfk(still, '--dry-run', '--json', '--report', report)
    expect(code).toBe(0)
    expect(lines()).toEqual([{ files: [still], report, frames: 32, device: 'auto' }])
    expect(existsSync(report)).toBe(false)
  })
})
