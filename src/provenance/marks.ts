import { readFile } from 'node:fs/promises'
import { findFfprobe } from '../media/index.ts'
import { askProgram } from '../media/process.ts'
import { readRange, topBoxes } from './boxes.ts'
import { type EmbedFormat, embedFormat } from './formats.ts'
import type { MetadataMark } from './types.ts'
import { findXmp, XMP_UUID, xmpProperty } from './xmp.ts'

/** Metadata of an image is looked for in its first and last bytes. */
const SEARCHED_BYTES = 1 << 20

/** The XMP packet of an MP4 or MOV file. */
async function boxedXmp(path: string): Promise<string | undefined> {
  for (const box of await topBoxes(path)) {
    if (box.type !== 'uuid' || box.end - box.body > SEARCHED_BYTES) continue
    const bytes = await readRange(path, box.body, box.end)
    if (bytes.subarray(0, 16).equals(XMP_UUID)) return findXmp(bytes)
  }
  return undefined
}

/** What ffprobe calls the tags of a container and its streams. */
async function tagsOf(path: string): Promise<[string, string][]> {
  try {
    const { path: ffprobe } = await findFfprobe()
    const said = await askProgram(ffprobe, ['-v', 'error', '-show_entries', 'format_tags:stream_tags', '-of', 'json', path])
    const report = JSON.parse(said) as { format?: { tags?: object }; streams?: { tags?: object }[] }
    return [report.format, ...(report.streams ?? [])].flatMap((part) =>
      Object.entries(part?.tags ?? {}).map(([key, value]): [string, string] => [key, String(value)]),
    )
  } catch {
    // No marks are found in a file that ffprobe cannot read: what is wrong with it is for others to say.
    return []
  }
}

function fromXmp(packet: string | undefined): MetadataMark[] {
  if (packet === undefined) return []
  const found: [MetadataMark['kind'], string | undefined][] = [
    ['AIGC', xmpProperty(packet, 'AIGC')],
    ['digital-source-type', xmpProperty(packet, 'DigitalSourceType')],
  ]
  return found.flatMap(([kind, value]) => (value === undefined ? [] : [{ kind, where: 'xmp', value }]))
}

function fromTags(tags: readonly [string, string][]): MetadataMark[] {
  return tags.flatMap(([key, value]): MetadataMark[] => {
    if (/(^|[.:])aigc$/i.test(key)) return [{ kind: 'AIGC', where: 'tags', value }]
    if (/digital_?source_?type$/i.test(key)) return [{ kind: 'digital-source-type', where: 'tags', value }]
    return []
  })
}

/** An `AIGC` entry that stands in an image outside XMP: a PNG text chunk, an EXIF comment. */
function fromText(bytes: Buffer): MetadataMark[] {
  const value = /AIGC[^{]{0,16}(\{[^{}]{2,2000}\})/.exec(bytes.toString('latin1'))?.[1]
  return value === undefined ? [] : [{ kind: 'AIGC', where: 'text', value }]
}

async function ofImage(path: string): Promise<MetadataMark[]> {
  const whole = await readFile(path)
  const bytes =
    whole.length <= 2 * SEARCHED_BYTES ? whole : Buffer.concat([whole.subarray(0, SEARCHED_BYTES), whole.subarray(-SEARCHED_BYTES)])
  const found = fromXmp(findXmp(bytes))
  return found.some(({ kind }) => kind === 'AIGC') ? found : [...found, ...fromText(bytes)]
}

/** Marks in a file's metadata by which it says that a model made or changed it. */
export async function readMarks(path: string): Promise<MetadataMark[]> {
  const format: EmbedFormat | undefined = await embedFormat(path)
  if (format?.startsWith('image/')) return ofImage(path)
  const boxed = format === 'video/mp4' || format === 'video/quicktime' ? await boxedXmp(path) : undefined
  return [...fromXmp(boxed), ...fromTags(await tagsOf(path))]
}
