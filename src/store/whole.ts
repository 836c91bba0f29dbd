import { open, rename, rm } from 'node:fs/promises'

/** Writes a text or bytes beside, waits until the disk has it, and renames it into place; where that fails, nothing of it stays. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const beside = `${path}.part`
  try {
    const file = await open(beside, 'w')
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
}
