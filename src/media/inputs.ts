import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { DfkError } from '../work/errors.ts'
import { probeMedia } from './probe.ts'
import { requireFile } from './requireFile.ts'

const IMAGES = new Set(['.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.webp', '.tif', '.tiff', '.avif', '.heic', '.heif'])
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
  '.ogv',
  '.f4v',
  '.vob',
  '.mxf',
  '.gif',
])

export interface MediaInput {
  readonly path: string
  readonly kind: 'video' | 'image'
}

export interface InFolders {
  /** What becomes of a folder that may not be read; the default is to throw. */
  readonly onUnreadable?: (folder: string, error: DfkError) => void
  /** Hears of each file in a folder whose ending is of neither a video nor an image that is read. */
  readonly onPassedOver?: (path: string) => void
}

async function entriesOf(folder: string, { onUnreadable }: InFolders): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === undefined) throw cause
    const error = new DfkError(`expected to read the folder ${folder} but it cannot be read (${code})`, {
      hint: 'allow yourself to read it, or leave it out',
      cause,
    })
    if (onUnreadable === undefined) throw error
    onUnreadable(folder, error)
    return []
  }
}

async function mediaIn(folder: string, heard: InFolders): Promise<MediaInput[]> {
  const entries = await entriesOf(folder, heard)
  const order = new Intl.Collator('en', { numeric: true })
  const inputs: MediaInput[] = []
  for (const entry of entries.sort((a, b) => order.compare(a.name, b.name))) {
    if (entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    const extension = extname(entry.name).toLowerCase()
    if (entry.isDirectory()) inputs.push(...(await mediaIn(path, heard)))
    else if (IMAGES.has(extension)) inputs.push({ path, kind: 'image' })
    else if (VIDEOS.has(extension)) inputs.push({ path, kind: 'video' })
    else if (entry.isFile()) heard.onPassedOver?.(path)
  }
  return inputs
}

/**
 * Lists the videos and images that `paths` name, in order; folders are searched with their subfolders, in natural order of names.
 * Files named outright are looked into, whatever their extension. Throws DfkError for a missing, empty or other file,
 * a folder without media, and, without `onUnreadable`, one that may not be read.
 */
export async function expandInputs(paths: readonly string[], signal?: AbortSignal, heard: InFolders = {}): Promise<MediaInput[]> {
  const inputs: MediaInput[] = []
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined)
    if (found?.isDirectory() === true) {
      const inside = await mediaIn(path, heard)
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
