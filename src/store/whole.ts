import { open, rename, rm } from 'node:fs/promises'

/** Writes a text beside, waits until the disk has it, and renames it into place; where that fails, nothing of it stays. */
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
}
