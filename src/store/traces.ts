import { createReadStream } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { checkInterrupted } from '../work/errors.ts'
import { hashFile } from '../work/hashFile.ts'
import { RECORDS_META } from '../work/recordsMeta.ts'

/** Files that carry the hash of the record inside them. */
const CARRIERS = new Set(
  '.mp4 .m4v .mov .mkv .webm .avi .png .jpg .jpeg .webp .tif .tiff .avif .gif .onnx .dfm .safetensors .c2pa'.split(' '),
)

/** Whether a file of this name can carry the hash of a record inside it. */
export function isCarrier(name: string): boolean {
  return CARRIERS.has(extname(name).toLowerCase())
}

/** Whether a file holds one of the texts anywhere. */
export async function holds(path: string, wanted: readonly string[], signal: AbortSignal | undefined): Promise<boolean> {
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
export async function* pictureHashes(dataset: string): AsyncGenerator<string> {
  for (const folder of ['faces', 'aligned']) {
    const names = await readdir(join(dataset, folder)).catch(() => [])
    for (const name of names.filter((each) => /(?<!\.mask)\.(?:png|jpg)$/.test(each) && each !== 'sheet.png'))
      yield await hashFile(join(dataset, folder, name))
  }
}

/** A page says in its head what it shows. */
const HEAD_BYTES = 256 << 10
const SAID = new RegExp(`<meta name="${RECORDS_META}" content="([0-9a-f ]*)">`)
/** A report of dfk detect or dfk score from before pages named records, by what all of them began with. */
const UNSAID =
  /^<!doctype html>\n<html lang="en">[\s\S]*default-src 'none'; style-src 'unsafe-inline'; img-src data:">[\s\S]*<title>(?:Score of |Evidence of manipulation|\d+ versions compared)/

/** The hashes of records that a page of ours names; `unsaid`: it is a report that names none; undefined: another page. */
export async function pageRecords(path: string): Promise<readonly string[] | 'unsaid' | undefined> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    const head = buffer.toString('utf8', 0, bytesRead)
    const said = SAID.exec(head)?.[1]
    if (said !== undefined) return said.split(' ').filter((hash) => hash !== '')
    return UNSAID.test(head) ? 'unsaid' : undefined
  } finally {
    await file.close()
  }
}
