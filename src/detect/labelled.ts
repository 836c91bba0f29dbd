import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname, extname, relative, resolve, sep } from 'node:path'
import { expandInputs } from '../media/index.ts'
import { type CsvRecord, parseCsv } from '../report/csv.ts'
import { DfkError } from '../work/errors.ts'
import { fileId } from '../work/fileId.ts'

const LABELS = ['real', 'fake'] as const
type Label = (typeof LABELS)[number]

/** A file of which it is known what it is. */
export interface Labelled {
  readonly file: string
  readonly label: Label
  /** Files of one origin, which are measured together. */
  readonly set: string
}

/** Labelled files, each once, and those left out. */
export interface LabelledFiles {
  readonly files: readonly Labelled[]
  /** In neither a folder named real nor one named fake. */
  readonly unlabelled: readonly string[]
  /** Of an ending that no video or image has that is read. */
  readonly passedOver: readonly string[]
  /** Of files that were listed before, with the same label. */
  readonly repeated: readonly string[]
}

/** A labelled file, and where that is said. */
interface Said extends Labelled {
  readonly where: string
}

/** Labels are read alike in folders and tables. */
function labelOf(text: string | undefined): Label | undefined {
  const name = text?.trim().toLowerCase()
  return LABELS.find((label) => label === name)
}

/** The label is the nearest folder named real or fake, the set the folders above that, from `root` on. */
function byFolder(root: string, file: string): Said | undefined {
  const parts = relative(root, dirname(file)).split(sep)
  const at = parts.findLastIndex((part) => labelOf(part) !== undefined)
  const label = labelOf(parts[at])
  return label && { file, label, set: parts.slice(0, at).join('/') || basename(resolve(root)), where: file }
}

async function ofFolder(root: string, signal: AbortSignal | undefined): Promise<LabelledFiles> {
  const passedOver: string[] = []
  const inside = await expandInputs([root], signal, { onPassedOver: (file) => passedOver.push(file) })
  const said = inside.map(({ path }) => ({ path, by: byFolder(root, path) }))
  const labelled = said.flatMap(({ by }) => by ?? [])
  if (labelled.length === 0)
    throw new DfkError(`expected folders named real and fake in ${root}, at any depth, but found none with videos or images`, {
      hint: 'or give a CSV file with the columns file,label,set',
    })
  const unlabelled = said.filter(({ by }) => by === undefined).map(({ path }) => path)
  return { ...(await eachOnce(labelled)), unlabelled, passedOver }
}

async function ofTable(path: string): Promise<LabelledFiles> {
  const [head, ...records] = parseCsv(await textOf(path), path)
  const names = head?.cells.map((cell) => cell.trim().toLowerCase()) ?? []
  const [file, label, set] = ['file', 'label', 'set'].map((name) => names.indexOf(name)) as [number, number, number]
  if (file < 0 || label < 0)
    throw new DfkError(`expected the columns file,label[,set] in the first line of ${path} but found: ${names.join(',').slice(0, 80)}`, {
      hint: 'name the columns in the first line, parted by commas',
    })
  const said = records.map(({ line, cells }: CsvRecord) => {
    const wrong = (expected: string, instead: string) =>
      new DfkError(`expected ${expected} in line ${line} of ${path} but found ${instead}`, { hint: 'mend that line' })
    const found = labelOf(cells[label])
    if (found === undefined) throw wrong('real or fake as label', `"${cells[label] ?? ''}"`)
    if (!cells[file]?.trim()) throw wrong(`${names.length} fields, among them a file,`, `${cells.length} without one`)
    const name = cells[set]?.trim() || basename(path, extname(path))
    return { file: resolve(dirname(path), cells[file]), label: found, set: name, where: `line ${line}` }
  })
  const once = await eachOnce(said)
  if (once.files.length > 0) return { ...once, unlabelled: [], passedOver: [] }
  throw new DfkError(`expected labelled files in ${path} but found none`, { hint: 'a record a file, below the line with the columns' })
}

/** The text of a table; of what is none, such as a video, no more is read than tells. */
async function textOf(path: string): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  try {
    for await (const chunk of createReadStream(path)) {
      text += decoder.decode(chunk, { stream: true })
      if (text.includes('\0', text.length - chunk.length)) throw new TypeError('a zero byte')
    }
    return text + decoder.decode()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const what = cause instanceof TypeError ? 'is not text in UTF-8' : `cannot be read (${code})`
    throw new DfkError(`expected a folder or a CSV file but ${path} ${what}`, {
      cause,
      hint: 'give a folder with subfolders real/ and fake/, or a table: file,label[,set]',
    })
  }
}

/** Takes each file once, whatever links lead to it. Throws DfkError for one with two labels: nobody knows then what it is. */
async function eachOnce(said: readonly Said[]): Promise<Pick<LabelledFiles, 'files' | 'repeated'>> {
  const seen = new Map<string, Said>()
  const repeated: string[] = []
  for (const one of said) {
    const id = (await fileId(one.file)) ?? one.file
    const before = seen.get(id)
    if (before === undefined) {
      seen.set(id, one)
      continue
    }
    if (before.label !== one.label)
      throw new DfkError(`expected one label for ${one.file} but found ${before.label} (${before.where}) and ${one.label} (${one.where})`, {
        hint: 'keep the one that is true',
      })
    repeated.push(one.file)
  }
  return { files: [...seen.values()].map(({ where: _, ...labelled }) => labelled), repeated }
}

/**
 * Lists the labelled files of a folder with subfolders real/ and fake/ at any depth, or of a CSV file with the columns file,label[,set].
 * Throws DfkError where there are none, where a record says too little, and for a file with two labels.
 */
export async function listLabelled(path: string, signal?: AbortSignal): Promise<LabelledFiles> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new DfkError(`expected a folder or a CSV file at ${path} but found nothing`, { cause, hint: 'check the path' })
  })
  return found.isDirectory() ? ofFolder(path, signal) : ofTable(path)
}
