import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { extname, join, resolve } from 'node:path'
import { checkInterrupted } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'
import { type Marked, marksOf } from './marks.ts'

/** A file or folder that was made under one of the records in question. */
export interface Made {
  readonly kind: Marked['kind'] | 'layers' | 'output or export'
  /** Absolute, as it was found; a link is named by its own path. */
  readonly path: string
}

/** Where to look: everything below `home`, and these places that a log names. */
export interface MadeSearch {
  readonly home: string
  readonly places: readonly string[]
}

/** Never looked into: what is not made of anybody's face. */
const ELSEWHERE = new Set(['node_modules', '.git', '.dfk'])
/** Files that carry the hash of the record inside them. */
const CARRIERS = new Set(
  '.mp4 .m4v .mov .mkv .webm .avi .png .jpg .jpeg .webp .tif .tiff .avif .gif .onnx .dfm .safetensors .c2pa'.split(' '),
)

/** Whether a file holds one of the texts anywhere. */
async function holds(path: string, wanted: readonly string[], signal: AbortSignal | undefined): Promise<boolean> {
  const needles = wanted.map((text) => Buffer.from(text))
  const overlap = Math.max(0, ...needles.map(({ length }) => length - 1))
  let before: Buffer = Buffer.alloc(0)
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    checkInterrupted(signal)
    const bytes = Buffer.concat([before, chunk as Buffer])
    if (needles.some((needle) => bytes.includes(needle))) return true
    before = bytes.subarray(Math.max(0, bytes.length - overlap))
  }
  return false
}

/** SHA-256 of the faces of a dataset: as they were collected, and aligned. Masks are left out, which may be alike. */
async function* pictureHashes(dataset: string): AsyncGenerator<string> {
  for (const folder of ['faces', 'aligned']) {
    const names = await readdir(join(dataset, folder)).catch(() => [])
    for (const name of names.filter((each) => /(?<!\.mask)\.(?:png|jpg)$/.test(each) && each !== 'sheet.png'))
      yield createHash('sha256')
        .update(await readFile(join(dataset, folder, name)))
        .digest('hex')
  }
}

/** Looks for what was made under records. */
class Search {
  readonly found = new Map<string, Made>()
  /** Records of the subject, as what was found names them. */
  readonly known = new Set<string>()
  /** Datasets that say that they were made under other records. */
  readonly others: Marked[] = []
  readonly #seen = new Set<string>()
  readonly #records: readonly string[]
  readonly #subject: string | undefined
  readonly #work: WorkOptions

  constructor(records: readonly string[], subject: string | undefined, work: WorkOptions) {
    this.#records = records
    this.#subject = subject
    this.#work = work
  }

  /** Looks at a folder and into it. */
  async folder(path: string): Promise<void> {
    checkInterrupted(this.#work.signal)
    const real = await realpath(path).catch(() => undefined)
    if (real === undefined || this.#seen.has(real)) return
    this.#seen.add(real)
    const entries = await readdir(path, { withFileTypes: true })
    const names = entries.map(({ name }) => name)
    const made = await marksOf(path, names)
    if (made !== undefined) {
      if (this.#isWanted(made)) this.#add(made)
      else if (made.kind === 'dataset') this.others.push(made)
      return
    }
    this.#work.onProgress?.({ done: this.#seen.size, total: 0, note: `${this.found.size} found` })
    if (names.includes('layers.json') && (await this.#isLayers(path, names))) return
    for (const entry of entries) {
      const inside = join(path, entry.name)
      if (entry.isFile()) await this.file(inside)
      else if (entry.isSymbolicLink()) await this.#link(inside)
      else if (entry.isDirectory() && !ELSEWHERE.has(entry.name)) await this.folder(inside)
    }
  }

  /** Looks at a file, and at what belongs to it. */
  async file(path: string): Promise<void> {
    if (!CARRIERS.has(extname(path).toLowerCase()) || this.#records.length === 0 || this.found.has(path)) return
    if (!(await holds(path, this.#records, this.#work.signal))) return
    const add = (each: string) => this.#add({ kind: 'output or export', path: each })
    add(path)
    if (!path.endsWith('.c2pa')) return
    // A container that carries no manifest lies beside it, and one that is too large has its hash there too.
    const output = path.slice(0, -'.c2pa'.length)
    for (const each of [output, `${output}.sha256`]) if ((await stat(each).catch(() => undefined))?.isFile()) add(each)
  }

  async #isLayers(path: string, names: readonly string[]): Promise<boolean> {
    for (const name of names) {
      if (!CARRIERS.has(extname(name).toLowerCase()) || this.#records.length === 0) continue
      if (!(await holds(join(path, name), this.#records, this.#work.signal))) continue
      this.#add({ kind: 'layers', path })
      return true
    }
    return false
  }

  /** A link to something that was made under a record leads to it; other links are not followed. */
  async #link(path: string): Promise<void> {
    const target = await stat(path).catch(() => undefined)
    if (target?.isFile()) return this.file(path)
    if (!target?.isDirectory()) return
    const made = await marksOf(path, await readdir(path))
    if (made !== undefined && this.#isWanted(made)) this.#add(made)
  }

  /** Looks for pictures of the datasets found in others, which then were made of them, whatever they say. */
  async copies(): Promise<void> {
    const pictures = new Set<string>()
    for (const { kind, path } of this.found.values())
      if (kind === 'dataset') for await (const hash of pictureHashes(path)) pictures.add(hash)
    if (pictures.size === 0) return
    for (const made of this.others) {
      checkInterrupted(this.#work.signal)
      for await (const hash of pictureHashes(made.path)) {
        if (!pictures.has(hash)) continue
        this.#add(made)
        break
      }
    }
  }

  #isWanted({ records }: Marked): boolean {
    const theirs = records.filter(({ subject }) => subject !== undefined && subject === this.#subject)
    for (const { hash } of theirs) this.known.add(hash)
    return theirs.length > 0 || records.some(({ hash }) => this.#records.includes(hash))
  }

  #add({ kind, path }: Made): void {
    this.found.set(path, { kind, path })
  }
}

/**
 * Finds what was made under records (by their hashes), or of a subject: datasets and runs by what they say, whatever their names, datasets that hold pictures of those,
 * unfinished renders, and files that carry the hash of a record.
 */
export async function findMade(
  { home, places }: MadeSearch,
  records: readonly string[],
  subject: string | undefined,
  work: WorkOptions,
): Promise<Made[]> {
  const search = new Search(records, subject, work)
  await search.folder(home)
  for (const place of places.map((path) => resolve(path))) {
    const found = await stat(place).catch(() => undefined)
    if (found?.isDirectory()) await search.folder(place)
    else if (found?.isFile()) {
      await search.file(place)
      await search.file(`${place}.c2pa`).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
      })
    }
  }
  await search.copies()
  return [...search.found.values()]
}

/** The hashes of records of a subject, as datasets and runs below `home` name them. */
export async function recordsOf(home: string, subject: string, work: WorkOptions): Promise<string[]> {
  const search = new Search([], subject, work)
  await search.folder(home)
  return [...search.known]
}
