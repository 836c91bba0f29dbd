import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { DfkError, UsageError } from '../work/errors.ts'
import { makeFolder } from '../work/folder.ts'
import { writeWhole } from '../work/whole.ts'
import { appendJsonl, dropBrokenLine, eachJsonl, readJsonl } from './jsonl.ts'
import {
  type AlignedRecord,
  alignedRecord,
  type FaceRecord,
  faceRecord,
  looksAligned,
  type Manifest,
  manifestRecord,
  type Source,
} from './records.ts'

export type { AlignedRecord, FaceRecord } from './records.ts'

/** A dataset on disk. `manifest` is what was last read or written; the functions below keep it current. */
export interface Dataset {
  readonly name: string
  /** Absolute path of the folder. */
  readonly folder: string
  manifest: Manifest
}

/** The folder that a name or path stands for: a plain name lies in `<home>/datasets`, anything with a separator is a path. */
export function datasetFolder(home: string, name: string): string {
  if (name.trim() === '')
    throw new UsageError('expected the name of a dataset but found an empty one', { hint: 'dfk collect <inputs…> --name alice' })
  if (name === '.' || name === '..' || /[/\\]/.test(name)) return resolve(name)
  return join(home, 'datasets', name)
}

/** Opens a dataset; throws DfkError where there is none or its manifest does not read. */
export async function openDataset(home: string, name: string): Promise<Dataset> {
  const folder = datasetFolder(home, name)
  const path = join(folder, 'manifest.json')
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
    throw new DfkError(`expected a dataset at ${folder} but found none`, {
      hint: `make one: dfk collect <inputs…> --name ${basename(folder)} --consent <record.json>`,
    })
  })
  return { name: basename(folder), folder, manifest: parseManifest(text, path) }
}

/** Whether a dataset is there. */
export async function datasetExists(home: string, name: string): Promise<boolean> {
  return stat(join(datasetFolder(home, name), 'manifest.json')).then(
    (found) => found.isFile(),
    () => false,
  )
}

/** Makes an empty dataset with the text of the signed consent record that it was made under. */
export async function createDataset(
  home: string,
  name: string,
  consent: { readonly hash: string; readonly subject: string; readonly text: string },
): Promise<Dataset> {
  const folder = datasetFolder(home, name)
  const manifest: Manifest = { schema: 1, name: basename(folder), sources: [], consent: { hash: consent.hash, subject: consent.subject } }
  const dataset = { name: basename(folder), folder, manifest }
  try {
    await makeFolder(join(folder, 'faces'))
    await writeWhole(join(folder, 'consent.json'), consent.text)
    await saveManifest(dataset, manifest)
  } catch (error) {
    await removeEmpty(dataset)
    throw error
  }
  return dataset
}

/** Writes the manifest beside and renames it into place. */
async function saveManifest(dataset: Dataset, manifest: Manifest): Promise<void> {
  await writeWhole(join(dataset.folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  dataset.manifest = manifest
}

/** Removes what `createDataset` made where no face came to it; anything else in the folder stays. */
export async function removeIfEmpty(dataset: Dataset): Promise<void> {
  if ((await readFaces(dataset)).length === 0) await removeEmpty(dataset)
}

async function removeEmpty(dataset: Dataset): Promise<void> {
  for (const file of ['manifest.json', 'consent.json', 'faces.jsonl']) await rm(join(dataset.folder, file), { force: true })
  for (const folder of [join(dataset.folder, 'faces'), dataset.folder]) await rmdir(folder).catch(() => undefined)
}

/** Adds a source, unless one with the same bytes is there. */
export async function addSource(dataset: Dataset, source: Source): Promise<void> {
  if (dataset.manifest.sources.some(({ sha256 }) => sha256 === source.sha256)) return
  await saveManifest(dataset, { ...dataset.manifest, sources: [...dataset.manifest.sources, source] })
}

const OWN = /^(manifest\.json|consent\.json|(faces|aligned)(\.jsonl|[/\\].*))$/

/** Paths of the files that make up the dataset; another file in its folder is not dfk's. */
export async function datasetFiles({ folder }: Dataset): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).filter((path) => OWN.test(path)).map((path) => join(folder, path))
}

/** Path of the signed consent record that the dataset was made under. */
export function datasetConsentPath(dataset: Dataset): string {
  return join(dataset.folder, 'consent.json')
}

/** The footage that the faces come from, by its hashes, as consent is asked about it. */
export function datasetFootage({ manifest }: Dataset): { name: string; sha256: string; videoSha256?: string }[] {
  return manifest.sources.map(({ file, sha256, videoSha256 }) => ({
    name: file,
    sha256,
    ...(videoSha256 === undefined ? {} : { videoSha256 }),
  }))
}

/** Faces that `collect` kept, in the order in which they were found. */
export function readFaces(dataset: Dataset): Promise<FaceRecord[]> {
  return readJsonl(join(dataset.folder, 'faces.jsonl'), faceRecord)
}

/** Makes the list of faces ready for appending after a kill. */
export function repairFaces(dataset: Dataset): Promise<void> {
  return dropBrokenLine(join(dataset.folder, 'faces.jsonl'))
}

/** Writes the face's crop (encoded already) and then its line, so that a kill between them leaves no line without a picture. */
export async function appendFace(dataset: Dataset, record: FaceRecord, image: Uint8Array): Promise<void> {
  const path = join(dataset.folder, record.image)
  try {
    await writeFile(path, image)
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
  await appendJsonl(join(dataset.folder, 'faces.jsonl'), record)
}

/** The aligned faceset; throws DfkError where `align` has not finished, or its list is not whole. */
export async function readAligned(dataset: Dataset): Promise<AlignedRecord[]> {
  const records: AlignedRecord[] = []
  await eachAligned(dataset, (record) => records.push(record))
  return records
}

/** Visits the faces of the aligned faceset one after the other, holding none; returns the SHA-256 of their list. Throws as `readAligned` does. */
export async function eachAligned(dataset: Dataset, visit: (record: AlignedRecord) => void, signal?: AbortSignal): Promise<string> {
  const { aligned } = dataset.manifest
  const hint = `run: dfk align ${dataset.name}`
  if (aligned === undefined) throw new DfkError(`expected an aligned faceset in ${dataset.name} but it has not been aligned`, { hint })
  let found = 0
  const count = (record: AlignedRecord) => {
    found += 1
    if (found <= aligned.count) visit(record)
  }
  const sha256 = await eachJsonl(join(dataset.folder, 'aligned.jsonl'), alignedRecord, looksAligned, count, signal)
  if (found === aligned.count) return sha256
  throw new DfkError(`expected ${aligned.count} aligned faces in ${dataset.name} but found ${found}`, { hint })
}

/** A faceset being written: nothing of it shows in the dataset before `commit`. */
export interface AlignedWriter {
  add(record: AlignedRecord, image: Uint8Array, mask: Uint8Array): Promise<void>
  /** Puts the faceset in place of an earlier one, with the contact sheet; the manifest says so last. */
  commit(about: { readonly landmarks: 'facemesh' | 'face-api'; readonly framing: string; readonly sheet: Uint8Array }): Promise<void>
  /** Removes what was written. */
  abort(): Promise<void>
}

/** Starts an aligned faceset beside the earlier one, if any. */
export async function createAligned(dataset: Dataset): Promise<AlignedWriter> {
  const { folder } = dataset
  const part = join(folder, 'aligned.part')
  const list = join(folder, 'aligned.part.jsonl')
  const abort = async () => {
    await rm(part, { recursive: true, force: true })
    await rm(list, { force: true })
  }
  await abort()
  await mkdir(part)
  const records: AlignedRecord[] = []
  return {
    abort,
    async add(record, image, mask) {
      await writeFile(join(part, basename(record.image)), image)
      await writeFile(join(part, basename(record.mask)), mask)
      records.push(record)
    },
    async commit({ landmarks, framing, sheet }) {
      const sizePx = records[0]?.sizePx
      if (sizePx === undefined) throw new DfkError('expected at least one aligned face but found none')
      await writeFile(join(part, 'sheet.png'), sheet)
      await writeWhole(list, records.map((record) => `${JSON.stringify(record)}\n`).join(''))
      const { aligned: _earlier, ...manifest } = dataset.manifest
      await saveManifest(dataset, manifest)
      await rm(join(folder, 'aligned'), { recursive: true, force: true })
      await rename(part, join(folder, 'aligned'))
      await rename(list, join(folder, 'aligned.jsonl'))
      await saveManifest(dataset, { ...manifest, aligned: { sizePx, landmarks, framing, count: records.length } })
    },
  }
}

function parseManifest(text: string, path: string): Manifest {
  const hint = 'make the dataset again with dfk collect under another name'
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new DfkError(`expected JSON in ${path} but it does not parse`, { hint, cause })
  }
  const parsed = manifestRecord.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new DfkError(`expected a dataset manifest in ${path} but ${issue?.path.join('.') ?? 'it'}: ${issue?.message ?? 'is invalid'}`, {
    hint,
  })
}
