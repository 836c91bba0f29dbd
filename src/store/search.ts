import { readdir, realpath, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { checkInterrupted } from '../work/errors.ts'
import { hashFile } from '../work/hashFile.ts'
import type { WorkOptions } from '../work/progress.ts'
import type { Made, Place } from './made.ts'
import { type Marked, marksOf } from './marks.ts'
import { holds, isCarrier, pageRecords, pictureHashes } from './traces.ts'

/** Never looked into: what is not made of anybody's face. */
const ELSEWHERE = new Set(['node_modules', '.git', '.dfk'])
const isPage = (path: string) => extname(path).toLowerCase() === '.html'

/** Looks for what was made under records. */
export class Search {
  readonly found = new Map<string, Made>()
  /** Records of the subject, as what was found names them. */
  readonly known = new Set<string>()
  /** Datasets that say that they were made under other records. */
  readonly others: Marked[] = []
  /** What cannot be read, and what links in the datasets and runs found lead to. */
  readonly unsure = new Set<string>()
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
    const entries = await this.#read(path)
    const names = entries.map(({ name }) => name)
    const made = await marksOf(path, names)
    if (made !== undefined) {
      if (this.#isWanted(made)) return this.#addFolder(made)
      // In a folder of others there may be something of these people.
      if (made.kind === 'dataset') this.others.push(made)
    }
    this.#work.onProgress?.({ done: this.#seen.size, note: `${this.found.size} found` })
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
    if (this.#records.length === 0 || this.found.has(path)) return
    if (isPage(path)) return this.#page(path)
    if (!isCarrier(path)) return
    const isTheirs = await holds(path, this.#records, this.#work.signal).catch((error: NodeJS.ErrnoException) =>
      this.#unreadable(path, error),
    )
    if (isTheirs !== true) return
    // A container that carries no manifest lies beside it, and one that is too large has its hash there too.
    const output = path.endsWith('.c2pa') ? path.slice(0, -'.c2pa'.length) : path
    await this.output(output)
    this.#add({ kind: 'output or export', path })
  }

  /** Looks at a page that may be a report of ours; one of a version that did not say yet whom it shows is unsure. */
  async #page(path: string): Promise<void> {
    const shown = await pageRecords(path).catch((error: NodeJS.ErrnoException) => this.#unreadable(path, error))
    if (shown === undefined) return
    if (shown === 'unsaid') this.unsure.add(path)
    else if (shown.some((hash) => this.#records.includes(hash))) this.#add({ kind: 'report', path })
  }

  /** Adds a file that is known to be one of them, and the hash beside it. */
  async output(path: string): Promise<void> {
    for (const each of [path, `${path}.sha256`])
      if (!this.found.has(each) && (await stat(each).catch(() => undefined))?.isFile()) this.#add({ kind: 'output or export', path: each })
  }

  /** Looks at a place that a log names; what was made there and cannot be recognised any more is unsure. */
  async place({ path, isMade = false, sha256 }: Place): Promise<void> {
    const there = await stat(path).catch(() => undefined)
    if (there?.isDirectory()) await this.folder(path)
    else if (there?.isFile()) await this.file(path)
    if ((await stat(`${path}.c2pa`).catch(() => undefined))?.isFile()) await this.file(`${path}.c2pa`)
    if (!isMade || there === undefined) return
    if (there.isFile() && sha256 !== undefined && (await hashFile(path)) === sha256) return this.output(path)
    if (await (there.isDirectory() ? this.#isOfOthers(path) : this.#isPageOfOthers(path))) return
    this.unsure.add(path)
  }

  /** What is unsure, is still there, and does not lie in what was found. */
  async unverified(): Promise<string[]> {
    const real = (path: string) => realpath(path).catch(() => path)
    const found = await Promise.all([...this.found.keys()].map(real))
    const unsure = await Promise.all([...this.unsure].map(async (path) => ({ path, at: await real(path) })))
    return unsure.filter(({ at }) => !found.some((each) => at === each || at.startsWith(each + sep))).map(({ path }) => path)
  }

  /** Whether a folder says that it is of others, or is empty. */
  async #isOfOthers(path: string): Promise<boolean> {
    const names = (await this.#read(path)).map(({ name }) => name)
    const made = await marksOf(path, names)
    return made === undefined ? names.length === 0 : !this.#isWanted(made)
  }

  /** Whether a file is a report that says that it shows nobody in question: it took the place of one that did. */
  async #isPageOfOthers(path: string): Promise<boolean> {
    if (!isPage(path)) return false
    const shown = await pageRecords(path).catch(() => undefined) // What cannot be read was named when it was looked at.
    return Array.isArray(shown) && !shown.some((hash) => this.#records.includes(hash))
  }

  async #read(path: string) {
    return readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => this.#unreadable(path, error))
  }

  /** Somebody may have deleted it meanwhile; of what may not be read nobody can say that it is nothing. */
  #unreadable(path: string, error: NodeJS.ErrnoException): [] {
    if (error.code === undefined) throw error
    if (error.code !== 'ENOENT') this.unsure.add(path)
    return []
  }

  /** Adds a dataset or run, and looks where links inside it lead: what lies there may be a part of it. */
  async #addFolder(made: Marked, saysOf?: readonly string[]): Promise<void> {
    this.#add({ kind: made.kind, path: made.path, ...(saysOf && { saysOf: [...new Set(saysOf)] }) })
    const root = await realpath(made.path)
    for (const link of await this.#linksIn(root)) {
      const target = await realpath(link).catch(() => undefined)
      if (target === undefined || target.startsWith(root + sep)) continue
      await this.place({ path: target, isMade: true })
    }
  }

  async #linksIn(path: string): Promise<string[]> {
    const links: string[] = []
    for (const entry of await this.#read(path)) {
      const inside = join(path, entry.name)
      if (entry.isSymbolicLink()) links.push(inside)
      else if (entry.isDirectory()) links.push(...(await this.#linksIn(inside)))
    }
    return links
  }

  async #isLayers(path: string, names: readonly string[]): Promise<boolean> {
    for (const name of names) {
      if (!isCarrier(name) || this.#records.length === 0) continue
      if (!(await holds(join(path, name), this.#records, this.#work.signal))) continue
      this.#add({ kind: 'layers', path })
      return true
    }
    return false
  }

  /** A link to something that was made under a record goes with it; any other is followed. */
  async #link(path: string): Promise<void> {
    const target = await stat(path).catch(() => undefined)
    if (target?.isFile()) return this.file(path)
    if (!target?.isDirectory()) return
    const made = await marksOf(
      path,
      (await this.#read(path)).map(({ name }) => name),
    )
    if (made !== undefined && this.#isWanted(made)) return this.#addFolder(made)
    await this.folder(path)
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
        await this.#addFolder(
          made,
          made.records.map((record) => record.hash),
        )
        break
      }
    }
  }

  #isWanted({ records }: Marked): boolean {
    const theirs = records.filter(({ subject }) => subject !== undefined && subject === this.#subject)
    for (const { hash } of theirs) this.known.add(hash)
    return theirs.length > 0 || records.some(({ hash }) => this.#records.includes(hash))
  }

  #add(made: Made): void {
    this.found.set(made.path, made)
  }
}
