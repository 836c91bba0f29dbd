import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, extname, relative, resolve, sep } from 'node:path'
import { expandInputs } from '../media/index.ts'
import { parseCsv } from '../report/csv.ts'
import { DfkError } from '../work/errors.ts'

const LABELS = ['real', 'fake'] as const
type Label = (typeof LABELS)[number]

/** A file of which it is known what it is. */
export interface Labelled {
  readonly file: string
  readonly label: Label
  /** Files of one origin, which are measured together. */
  readonly set: string
}

function isLabel(text: string | undefined): text is Label {
  return (LABELS as readonly (string | undefined)[]).includes(text)
}

/** The label is the nearest folder named real or fake, the set the folders above that, from `root` on. */
function byFolder(root: string, file: string): Labelled | undefined {
  const parts = relative(root, dirname(file)).split(sep)
  const at = parts.findLastIndex(isLabel)
  const label = parts[at]
  return isLabel(label) ? { file, label, set: parts.slice(0, at).join('/') || basename(resolve(root)) } : undefined
}

async function ofFolder(root: string, signal: AbortSignal | undefined): Promise<Labelled[]> {
  const inside = await expandInputs([root], signal)
  const labelled = inside.flatMap(({ path }) => byFolder(root, path) ?? [])
  if (labelled.length > 0) return labelled
  throw new DfkError(`expected folders named real and fake in ${root}, at any depth, but found none with videos or images`, {
    hint: 'or give a CSV file with the columns file,label,set',
  })
}

async function ofTable(path: string): Promise<Labelled[]> {
  const [head = [], ...rows] = parseCsv(await readFile(path, 'utf8'))
  const column = (name: string) => head.findIndex((cell) => cell.trim().toLowerCase() === name)
  const [file, label, set] = [column('file'), column('label'), column('set')]
  if (file < 0 || label < 0)
    throw new DfkError(`expected the columns file,label[,set] in the first line of ${path} but found: ${head.join(',')}`, {
      hint: 'name the columns in the first line',
    })
  return rows.map((row, number) => {
    const name = row[label]?.trim().toLowerCase()
    if (!isLabel(name))
      throw new DfkError(`expected real or fake as label in record ${number + 2} of ${path} but found "${row[label] ?? ''}"`, {
        hint: 'mend that record',
      })
    return { file: resolve(dirname(path), row[file]!), label: name, set: row[set]?.trim() || basename(path, extname(path)) }
  })
}

/** Lists the labelled files of a folder with subfolders real/ and fake/ at any depth, or of a CSV file with the columns file,label[,set]. Throws DfkError where there are none. */
export async function listLabelled(path: string, signal?: AbortSignal): Promise<Labelled[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new DfkError(`expected a folder or a CSV file at ${path} but found nothing`, { cause, hint: 'check the path' })
  })
  const labelled = found.isDirectory() ? await ofFolder(path, signal) : await ofTable(path)
  if (labelled.length === 0)
    throw new DfkError(`expected labelled files in ${path} but found none`, { hint: 'a record a file, below the line with the columns' })
  return labelled
}
