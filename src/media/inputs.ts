import { readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { DfkError } from '../work/errors.ts'
import { probeMedia, requireFile } from './probe.ts'

const IMAGES = new Set(['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.avif', '.heic', '.heif'])
const VIDEOS = new Set([
  '.mp4',
  '.mov',
  '.m4v',
  '.mkv',
  '.webm',
  '.avi',
  '.mpg',
  '.mpeg',
  '.mts',
  '.m2ts',
  '.ts',
  '.wmv',
  '.flv',
  '.3gp',
  '.gif',
])

export interface MediaInput {
  readonly path: string
  readonly kind: 'video' | 'image'
}

async function mediaIn(folder: string): Promise<MediaInput[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const order = new Intl.Collator('en', { numeric: true })
  const inputs: MediaInput[] = []
  for (const entry of entries.sort((a, b) => order.compare(a.name, b.name))) {
    if (entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    const extension = extname(entry.name).toLowerCase()
    if (entry.isDirectory()) inputs.push(...(await mediaIn(path)))
    else if (IMAGES.has(extension)) inputs.push({ path, kind: 'image' })
    else if (VIDEOS.has(extension)) inputs.push({ path, kind: 'video' })
  }
  return inputs
}

/**
 * Lists the videos and images that `paths` name, in order; folders are searched with their subfolders, in natural order of names.
 * Files named outright are looked into, whatever their extension. Throws DfkError for a missing, empty or other file, or a folder without media.
 */
export async function expandInputs(paths: readonly string[], signal?: AbortSignal): Promise<MediaInput[]> {
  const inputs: MediaInput[] = []
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined)
    if (found?.isDirectory() === true) {
      const inside = await mediaIn(path)
      if (inside.length === 0)
        throw new DfkError(`expected videos or images in the folder ${path} but found none`, {
          hint: 'give files, or a folder that holds some',
        })
      inputs.push(...inside)
      continue
    }
    await requireFile(path)
    const { kind } = await probeMedia(path, signal)
    inputs.push({ path, kind })
  }
  return inputs
}
