import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Context } from '../../src/commands/command.ts'
import { purge } from '../../src/commands/consent-purge.ts'
import { linesOf } from '../../src/commands/consent-purge-text.ts'
import { verifyAudit } from '../../src/consent/auditVerify.ts'
import { consentHash, recordOutput } from '../../src/consent/index.ts'
import { logReport } from '../../src/consent/reports.ts'
import { paragraph, renderPage } from '../../src/report/page.ts'
import { findMade } from '../../src/store/made.ts'
import { deleteMade } from '../../src/store/purge.ts'
import { intend } from '../../src/train/begin.ts'
import type { DfkError } from '../../src/work/errors.ts'
import { scratchFolder } from '../support/data.ts'
import { makeRun, recordFor } from '../swap/support.ts'
import { consentFor, makeFaceset } from '../train/fixture.ts'

const home = scratchFolder('purge')
const outside = scratchFolder('purge-outside')
const alice = consentFor('alice')
const [hash, other] = [consentHash(alice), consentHash(recordFor('bob', new Array(128).fill(0)))]
const at = (...parts: string[]) => join(home, ...parts)
const work = {}

function write(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

beforeAll(async () => {
  await makeFaceset(home, 'alice', { count: 3, consent: alice })
  await makeFaceset(home, 'bob', { count: 3 })
  renameSync(at('datasets', 'alice'), at('datasets', 'holiday'))
  cpSync(at('datasets', 'holiday'), at('deep', 'down', 'copy'), { recursive: true })
  cpSync(at('datasets', 'holiday'), join(outside, 'linked'), { recursive: true })
  symlinkSync(join(outside, 'linked'), at('datasets', 'link'))
  // Somebody relabelled it from the manifest to the record: its pictures are the same.
  cpSync(at('datasets', 'holiday'), at('datasets', 'relabelled'), { recursive: true })
  for (const file of ['manifest.json', 'consent.json']) cpSync(at('datasets', 'bob', file), at('datasets', 'relabelled', file))
  const bob = recordFor('bob', new Array(128).fill(0))
  await makeRun(home, 'with-alice', bob, { source: alice })
  await makeRun(home, 'without', bob)
  // A damaged manifest hides nothing: the record is there.
  cpSync(at('datasets', 'holiday'), at('datasets', 'damaged'), { recursive: true })
  write(at('datasets', 'damaged', 'manifest.json'), '{')
  const noise = Buffer.alloc((1 << 20) - 20, 7)
  write(at('out.mp4'), Buffer.concat([noise, Buffer.from(hash), noise]))
  write(at('other.mp4'), Buffer.from(other))
  write(at('clip.mkv'), 'pictures')
  write(at('clip.mkv.c2pa'), `x${hash}`)
  write(at('plates', 'layers.json'), '{}')
  write(at('plates', 'frame_000001.png'), 'x')
  write(at('plates', 'frames.sha256.c2pa'), hash)
  write(at('.film.mp4.rendering', 'job.json'), JSON.stringify({ schema: 1, consent: [hash] }))
  write(at('.film.mp4.rendering', '000000.nut'), 'x')
  write(join(outside, 'far.png'), hash)
  write(at('alice.json'), JSON.stringify(alice))
  write(at('notes.txt'), hash)
  write(at('reports', 'score.html'), reportOf([other, hash]))
  write(at('reports', 'of-bob.html'), reportOf([other]))
  write(at('reports', 'of-nobody.html'), reportOf([]))
  // A page that says what is in the record shows nobody.
  write(at('alice.html'), renderPage({ title: 'Consent to a digital double: alice', sections: [{ body: paragraph(hash) }] }))
})
afterAll(() => {
  rmSync(home, { recursive: true, force: true })
  rmSync(outside, { recursive: true, force: true })
})

const reportOf = (records: readonly string[]) => renderPage({ title: 'Score of out.mp4', records, sections: [] })
const search = { home, places: ['far.png', 'gone.png'].map((name) => ({ path: join(outside, name) })) }
const found = async () =>
  (await findMade(search, [hash], undefined, work)).made.map(({ kind, path }) => `${kind} ${path.replace(`${home}/`, '')}`).sort()

describe('what was made under a record', () => {
  it('is found by what it says, whatever it is called, and nothing else is', async () => {
    expect(await found()).toEqual(
      [
        'dataset datasets/damaged',
        'dataset datasets/holiday',
        'dataset datasets/link',
        'dataset datasets/relabelled',
        'dataset deep/down/copy',
        'layers plates',
        `output or export ${join(outside, 'far.png')}`,
        'output or export clip.mkv',
        'output or export clip.mkv.c2pa',
        'output or export out.mp4',
        'report reports/score.html',
        'run checkpoints/with-alice',
        'unfinished render .film.mp4.rendering',
      ].sort(),
    )
  })

  it('names the records of what is found by its pictures alone', async () => {
    const { made } = await findMade(search, [hash], undefined, work)
    const relabelled = made.filter(({ saysOf }) => saysOf !== undefined)
    const others = JSON.parse(readFileSync(at('datasets', 'bob', 'manifest.json'), 'utf8')).consent.hash
    expect(relabelled).toEqual([{ kind: 'dataset', path: at('datasets', 'relabelled'), saysOf: [others] }])
    expect(await linesOf(home, relabelled)).toEqual([
      `  dataset: ${at('datasets', 'relabelled')} (holds the same pictures, and says that it was made under the record ${others.slice(0, 12)}…: move it away to keep what that one allows)`,
    ])
  })

  it('may be in a report of a version that did not say whom it shows', async () => {
    const path = at('reports', 'old.html')
    for (const title of ['Score of out.mp4', '2 versions compared', 'Evidence of manipulation: out.mp4']) {
      write(path, renderPage({ title, sections: [] }))
      expect((await findMade(search, [hash], undefined, work)).unverified).toEqual([path])
    }
    write(path, renderPage({ title: 'Training my-run', sections: [] }))
    expect((await findMade(search, [hash], undefined, work)).unverified).toEqual([])
  })

  it('is found by the name of its subject', async () => {
    const { made } = await findMade({ home, places: [] }, [], 'alice', work)
    expect(made.map(({ kind }) => kind).sort()).toEqual(['dataset', 'dataset', 'dataset', 'dataset', 'dataset', 'run'])
  })

  it('is deleted with a list of every file, and nothing is left; what is of others stays', async () => {
    const { made: all } = await findMade(search, [hash], undefined, work)
    const image = readFileSync(at('datasets', 'holiday', 'manifest.json'))
    const deleted = await deleteMade(home, all, work)
    expect(deleted.map(({ path }) => path).sort()).toEqual(all.map(({ path }) => path).sort())
    const dataset = deleted.find(({ path }) => path.endsWith('holiday'))!
    expect(dataset.files.map(({ path }) => path)).toContain(at('datasets', 'holiday', 'manifest.json'))
    expect(dataset.files.find(({ path }) => path.endsWith('manifest.json'))?.bytes).toBe(image.length)
    expect(await found()).toEqual([])
    expect(existsSync(join(outside, 'linked'))).toBe(false)
    const left = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const holding = left.filter(({ parentPath, name }) => readFileSync(join(parentPath, name)).includes(hash)).map(({ name }) => name)
    // The log is what proves it; a text of the user's own is not ours.
    expect(holding.filter((name) => name !== 'audit.jsonl').sort()).toEqual(['alice.html', 'notes.txt'])
    for (const name of ['of-bob.html', 'of-nobody.html']) expect(existsSync(at('reports', name))).toBe(true)
    expect(left.map(({ name }) => name)).toContain('other.mp4')
    expect(existsSync(at('datasets', 'bob', 'aligned.jsonl'))).toBe(true)
    expect(existsSync(at('checkpoints', 'without', 'config.json'))).toBe(true)
  })

  it('is never all of DFK_HOME', async () => {
    write(at('manifest.json'), JSON.stringify({ consent: { hash, subject: 'alice' } }))
    await expect(deleteMade(home, (await findMade(search, [hash], undefined, work)).made, work)).rejects.toThrow(/which holds all of it/)
    expect(existsSync(at('datasets', 'bob'))).toBe(true)
  })
})

describe('what hides', () => {
  const place = scratchFolder('purge-hidden')
  const [inner, disk] = [join(place, 'home'), join(place, 'disk')]
  const bob = recordFor('bob', new Array(128).fill(0))
  const inHome = (...parts: string[]) => join(inner, ...parts)
  const look = async () => findMade({ home: inner, places: [] }, [hash], 'alice', work)
  beforeAll(async () => {
    await makeRun(inner, 'run1', bob, { source: alice })
    write(inHome('checkpoints', 'run1', 'preview.png'), 'a face')
    await makeRun(inner, 'bobs', bob)
    mkdirSync(disk)
    renameSync(inHome('checkpoints'), join(disk, 'runs'))
    symlinkSync(join(disk, 'runs'), inHome('checkpoints'))
    symlinkSync(inner, join(disk, 'runs', 'loop'))
    await makeFaceset(inner, 'alice', { count: 2, consent: alice })
    await makeFaceset(inner, 'bob', { count: 2 })
    cpSync(inHome('datasets', 'alice'), inHome('datasets', 'bob', 'stash', 'alice2'), { recursive: true })
    cpSync(inHome('datasets', 'alice'), join(disk, 'more', 'alice3'), { recursive: true })
    symlinkSync(join(disk, 'more'), inHome('datasets', 'more'))
    write(inHome('datasets', 'bob', 'hidden.png'), `marks ${hash}`)
    write(inHome('checkpoints', 'bobs', 'hidden.png'), `marks ${hash}`)
    // Links to the same dataset, found before it and after it.
    for (const name of ['a-link', 'z-link']) symlinkSync(inHome('datasets', 'alice'), inHome('datasets', name))
    renameSync(inHome('datasets', 'alice', 'aligned'), join(disk, 'faces'))
    symlinkSync(join(disk, 'faces'), inHome('datasets', 'alice', 'aligned'))
  })
  afterAll(() => rmSync(place, { recursive: true, force: true }))

  it('behind links and in folders of others is found and deleted, and those keep what is theirs', async () => {
    const { made, unverified } = await look()
    expect(made.map(({ path }) => path.replace(`${inner}/`, '')).sort()).toEqual(
      [
        ...['checkpoints/bobs/hidden.png', 'checkpoints/run1'],
        ...[
          'datasets/a-link',
          'datasets/alice',
          'datasets/bob/hidden.png',
          'datasets/bob/stash/alice2',
          'datasets/more/alice3',
          'datasets/z-link',
        ],
      ].sort(),
    )
    // Its faces lie elsewhere, and say nothing of whose they are.
    expect(unverified).toEqual([join(realpathSync(disk), 'faces')])
    await deleteMade(inner, made, work)
    expect((await look()).made).toEqual([])
    const left = readdirSync(place, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    expect(left.filter(({ parentPath, name }) => !name.startsWith('audit') && readFileSync(join(parentPath, name)).includes(hash))).toEqual(
      [],
    )
    expect(existsSync(join(disk, 'runs', 'run1'))).toBe(false)
    expect(existsSync(join(disk, 'runs', 'bobs', 'config.json'))).toBe(true)
    expect(existsSync(inHome('datasets', 'bob', 'aligned.jsonl'))).toBe(true)
    expect(readdirSync(inHome('datasets'))).toEqual(['bob', 'more'])
  })
})

/** Runs `dfk consent purge` of alice's record in a home. */
async function purgeIn(place: string) {
  let told = { left: [''], unverified: [''], proof: '' }
  const notes: string[] = []
  const context: Context = {
    ...{ json: true, quiet: true, dryRun: false, home: place, signal: new AbortController().signal, warn() {} },
    note: (text) => notes.push(text),
    result: (value) => {
      told = value as typeof told
    },
    work: (_, body) => body({ signal: new AbortController().signal, onProgress() {} } as Parameters<typeof body>[0]),
  }
  const error = await purge.run(context, [hash], { yes: true }).then(
    () => undefined,
    (cause: DfkError) => cause,
  )
  const { statement } = JSON.parse(readFileSync(told.proof, 'utf8')) as { statement: { searched: string[]; deleted: object[] } }
  return { failed: error?.message, hint: error?.hint, told, notes: notes.join('\n'), statement }
}

describe('what the log names', () => {
  const place = scratchFolder('purge-logged')
  const [inner, away] = [join(place, 'home'), join(place, 'away')]
  const bob = recordFor('bob', new Array(128).fill(0))
  const output = (name: string, records = [alice], about = {}) =>
    recordOutput(inner, { outputId: createHash('sha256').update(name).digest('hex').slice(0, 16), path: join(away, name), records, about })
  beforeAll(async () => {
    await makeFaceset(inner, 'alice', { consent: alice })
    await makeFaceset(inner, 'bob')
    await intend({ home: inner, name: relative('.', join(away, 'run2')), source: 'alice', target: 'bob', fromScratch: true, training: {} })
    await makeRun(inner, 'run2', bob, { source: alice })
    write(join(inner, 'checkpoints', 'run2', 'preview.png'), 'a face')
    mkdirSync(away)
    renameSync(join(inner, 'checkpoints', 'run2'), join(away, 'run2'))
    // Of these the manifest beside them was removed.
    for (const name of ['known.mkv', 'changed.mkv', 'older.mkv', 'bobs.mkv']) write(join(away, name), name)
    await output('known.mkv', [alice], { sha256: createHash('sha256').update('known.mkv').digest('hex') })
    await output('changed.mkv', [alice], { sha256: createHash('sha256').update('as it was').digest('hex') })
    await output('older.mkv')
    // Alice's was there before.
    await output('bobs.mkv')
    await output('bobs.mkv', [bob])
    // Reports: one as it was written, one that somebody cut the head off.
    for (const name of ['score.html', 'cut.html']) {
      const page = renderPage({ title: 'Score of known.mkv', records: [hash], sections: [] })
      await logReport(inner, join(away, name), page, [hash], new Date())
      write(join(away, name), name === 'cut.html' ? page.slice(page.indexOf('<title>')) : page)
    }
    // Two whose places were taken by reports that show others, or nobody.
    for (const [name, records] of Object.entries({ 'bobs.html': [consentHash(bob)], 'nobodys.html': [] })) {
      await logReport(inner, join(away, name), 'hers', [hash], new Date())
      write(join(away, name), renderPage({ title: 'Score of other.mkv', records, sections: [] }))
    }
  })
  afterAll(() => rmSync(place, { recursive: true, force: true }))

  it('is deleted where it is known to be that, and nothing is claimed of the rest', async () => {
    const first = await purgeIn(inner)
    expect(readdirSync(away).sort()).toEqual(['bobs.html', 'bobs.mkv', 'changed.mkv', 'cut.html', 'nobodys.html', 'older.mkv'])
    const unverified = ['changed.mkv', 'older.mkv', 'cut.html'].map((name) => join(away, name))
    expect(first.told).toMatchObject({ left: [], unverified })
    expect(first.statement).toMatchObject({ left: [], unverified })
    // Where was looked, the log's places elsewhere too.
    expect(first.statement.searched).toEqual(expect.arrayContaining([inner, join(away, 'run2'), join(away, 'score.html')]))
    expect(first.statement.deleted).toContainEqual(expect.objectContaining({ kind: 'report', path: join(away, 'score.html') }))
    expect(first.failed).toContain(`cannot tell whether it is in ${unverified.join(', ')}`)
    for (const path of unverified) rmSync(path)
    const second = await purgeIn(inner)
    expect([second.failed, second.told.left, second.told.unverified]).toEqual([undefined, [], []])
    expect(readdirSync(away)).toEqual(['bobs.html', 'bobs.mkv', 'nobodys.html'])
    expect((await verifyAudit(inner)).problems).toEqual([])
  })
})

describe('a home within a home', () => {
  const place = scratchFolder('purge-within')
  const [outer, within] = [place, join(place, 'demo-out')]
  afterAll(() => rmSync(place, { recursive: true, force: true }))

  it('is another home: what is in it is named, to be purged there', async () => {
    for (const home of [within, outer]) {
      await makeFaceset(home, 'alice', { count: 2, consent: alice })
      const path = join(home, 'out.mp4')
      write(path, `x${hash}`)
      await recordOutput(home, { outputId: '0'.repeat(16), path, records: [alice], about: {} })
    }
    const theirs = ['datasets/alice', 'out.mp4'].map((name) => join(within, name))
    const first = await purgeIn(outer)
    expect(first.told).toMatchObject({ left: [], unverified: expect.arrayContaining(theirs) })
    expect(first.failed).toMatch(/^expected nothing of it to be left but leaves to another home what is in /)
    for (const path of theirs) expect(existsSync(path)).toBe(true)
    for (const name of ['datasets/alice', 'out.mp4']) expect(existsSync(join(outer, name))).toBe(false)
    expect((await purgeIn(within)).failed).toBeUndefined()
    expect((await purgeIn(outer)).failed).toBeUndefined()
    for (const path of theirs) expect(existsSync(path)).toBe(false)
  })

  it('is told to be purged by the record that its copy of the pictures names, where that is another', async () => {
    await makeFaceset(outer, 'alice', { count: 2, consent: alice })
    await makeFaceset(within, 'bob', { count: 2 })
    const copy = join(within, 'datasets', 'copy')
    cpSync(join(outer, 'datasets', 'alice'), copy, { recursive: true })
    for (const file of ['manifest.json', 'consent.json']) cpSync(join(within, 'datasets', 'bob', file), join(copy, file))
    const bobs = consentHash(JSON.parse(readFileSync(join(copy, 'consent.json'), 'utf8')))
    const { failed, hint } = await purgeIn(outer)
    expect(failed).toBe(`expected nothing of it to be left but leaves to another home what is in ${copy}`)
    expect(hint).toBe(`purge there, with DFK_HOME=${within} dfk consent purge ${bobs}, the record that it says it was made under`)
    expect(existsSync(copy)).toBe(true)
  })
})

describe('a copy of a home', () => {
  const place = scratchFolder('purge-copied')
  const [original, copy, away] = ['original', 'copy', 'away'].map((name) => join(place, name)) as [string, string, string]
  const bob = recordFor('bob', new Array(128).fill(0))
  const filesOf = (folder: string) => readdirSync(folder, { recursive: true }).map(String).sort()
  afterAll(() => rmSync(place, { recursive: true, force: true }))

  it('is purged without the original, which its log and its links name', async () => {
    await makeFaceset(original, 'alice', { count: 2, consent: alice })
    await makeFaceset(original, 'bob', { count: 2 })
    await intend({
      home: original,
      name: join(original, 'checkpoints', 'run'),
      source: 'alice',
      target: 'bob',
      fromScratch: true,
      training: {},
    })
    await makeRun(original, 'run', bob, { source: alice })
    // Marked, and known by the log alone; in the home, and in none.
    for (const [i, path] of [join(original, 'out.mp4'), join(original, 'bare.mkv'), join(away, 'far.mp4')].entries()) {
      const content = path.endsWith('.mkv') ? 'pictures' : `x${hash}`
      write(path, content)
      const about = { sha256: createHash('sha256').update(content).digest('hex') }
      await recordOutput(original, { outputId: String(i).repeat(16), path, records: [alice], about })
    }
    cpSync(original, copy, { recursive: true })
    symlinkSync(join(original, 'datasets', 'alice'), join(copy, 'datasets', 'link'))
    const before = filesOf(original)

    const { failed, told, notes } = await purgeIn(copy)
    expect(filesOf(original)).toEqual(before)
    const theirs = ['out.mp4', 'bare.mkv', 'checkpoints/run'].map((name) => join(original, name))
    expect(told).toMatchObject({ left: [], unverified: expect.arrayContaining([...theirs, join(copy, 'datasets', 'link')]) })
    for (const path of told.unverified) expect(failed).toContain(path)
    expect(failed).toMatch(/^expected nothing of it to be left but leaves to another home what is in /)
    // Its own, and what lies in no home at all, of which the list says so.
    expect(readdirSync(join(copy, 'checkpoints'))).toEqual([])
    for (const name of ['datasets/alice', 'out.mp4']) expect(existsSync(join(copy, name))).toBe(false)
    expect(notes).toContain(`  output or export: ${join(away, 'far.mp4')} (outside of ${copy})`)
    expect(notes).toContain(`  dataset: ${join(copy, 'datasets', 'alice')}\n`)
    expect(existsSync(join(away, 'far.mp4'))).toBe(false)

    expect((await purgeIn(original)).failed).toBeUndefined()
    rmSync(join(copy, 'datasets', 'link'), { force: true })
    expect((await purgeIn(copy)).failed).toBeUndefined()
  })
})
