import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Writes a text beside, renames it into place and waits until the disk has both; where that fails, nothing of it stays. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const beside = `${path}.part`
  try {
    const file = await open(beside, 'w')
    try {
      await file.writeFile(text)
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

/** Waits until the disk has what was renamed in a folder. Windows has no such call and needs none; some file systems over a network have none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    await handle.close()
  }
}
