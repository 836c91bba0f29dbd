import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** How a file is written whole. */
interface Writing {
  /** Where it is written first: a name of its own where several may write at once. */
  readonly beside?: string
  /** As chmod has it. */
  readonly mode?: number
}

/** Writes a text or bytes beside, renames it into place and waits until the disk has both; where that fails, nothing of it stays. */
export async function writeWhole(
  path: string,
  content: string | Uint8Array,
  { beside = `${path}.part`, mode }: Writing = {},
): Promise<void> {
  try {
    const file = await open(beside, 'w', mode)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

/** What a folder answers that cannot be waited for: some file systems over a network, folders that we may write but not read. */
const UNABLE = ['EINVAL', 'ENOTSUP', 'EACCES', 'EPERM']

/** Waits until the disk has what was made or renamed in a folder. Windows has no such call and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  let handle: FileHandle | undefined
  try {
    handle = await open(folder, 'r')
    await handle.sync()
  } catch (error) {
    if (!UNABLE.includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    await handle?.close()
  }
}
