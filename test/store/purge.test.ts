import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { consentHash } from '../../src/consent/index.ts'
import { findMade } from '../../src/store/made.ts'
import { deleteMade } from '../../src/store/purge.ts'
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
})
afterAll(() => {
  rmSync(home, { recursive: true, force: true })
  rmSync(outside, { recursive: true, force: true })
})

const search = { home, places: [join(outside, 'far.png'), join(outside, 'gone.png')] }
const found = async () =>
  (await findMade(search, [hash], undefined, work)).map(({ kind, path }) => `${kind} ${path.replace(`${home}/`, '')}`).sort()

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
        'run checkpoints/with-alice',
        'unfinished render .film.mp4.rendering',
      ].sort(),
    )
  })

  it('is found by the name of its subject', async () => {
    const made = await findMade({ home, places: [] }, [], 'alice', work)
    expect(made.map(({ kind }) => kind).sort()).toEqual(['dataset', 'dataset', 'dataset', 'dataset', 'dataset', 'run'])
  })

  it('is deleted with a list of every file, and nothing is left; what is of others stays', async () => {
    const all = await findMade(search, [hash], undefined, work)
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
    expect(holding.filter((name) => name !== 'audit.jsonl')).toEqual(['notes.txt'])
    expect(left.map(({ name }) => name)).toContain('other.mp4')
    expect(existsSync(at('datasets', 'bob', 'aligned.jsonl'))).toBe(true)
    expect(existsSync(at('checkpoints', 'without', 'config.json'))).toBe(true)
  })

  it('is never all of DFK_HOME', async () => {
    write(at('manifest.json'), JSON.stringify({ consent: { hash, subject: 'alice' } }))
    await expect(deleteMade(home, await findMade(search, [hash], undefined, work), work)).rejects.toThrow(/which holds all of it/)
    expect(existsSync(at('datasets', 'bob'))).toBe(true)
  })
})
