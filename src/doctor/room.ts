import { accessSync, constants, existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { freemem, totalmem } from 'node:os'
import { dirname } from 'node:path'

export interface Room {
  readonly disk: { readonly path: string; readonly freeBytes: number | null; readonly writable: boolean }
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number }
}

function nearestFolder(path: string): string {
  let folder = path
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder)
  return folder
}

function writable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Memory of the machine, and room where `home` is or would be made. */
export async function checkRoom(home: string): Promise<Room> {
  const folder = nearestFolder(home)
  const freeBytes = await statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => null,
  )
  return { disk: { path: home, freeBytes, writable: writable(folder) }, memory: { totalBytes: totalmem(), freeBytes: freemem() } }
}
