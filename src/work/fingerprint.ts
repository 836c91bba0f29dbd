import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const known = new Map<string, string>()

/** SHA-256 over the files under a folder of code, names and contents: changes whenever the code does, but not while it runs. */
export function fingerprint(folder: URL): string {
  const path = fileURLToPath(folder)
  const made = known.get(path) ?? hashOfCode(path)
  known.set(path, made)
  return made
}

function hashOfCode(path: string): string {
  const hash = createHash('sha256')
  const files = readdirSync(path, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile() && /\.[jt]s$/.test(entry.name))
  const names = files.map((entry) => join(entry.parentPath ?? entry.path, entry.name)).sort()
  for (const name of names) hash.update(name.slice(path.length)).update(readFileSync(name))
  return hash.digest('hex')
}
