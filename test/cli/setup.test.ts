import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { scratchFolder } from '../support/data.ts'

interface Setup {
  isInstalled(folder: string): boolean
}

const { isInstalled } = (await import(new URL('../../scripts/setup.mjs', import.meta.url).href)) as Setup
const folder = scratchFolder('setup')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A checkout that wants zod, a compiler and an optional package, and what npm wrote down of its installing. */
function checkout(installed: Record<string, string>, files: readonly string[]): string {
  const wanted = {
    '': {},
    'node_modules/zod': { version: '4.0.0' },
    'node_modules/tsc': { version: '7.0.0', dev: true },
    'node_modules/gpu': { version: '1.0.0', optional: true },
  }
  rmSync(folder, { recursive: true, force: true })
  for (const name of files) mkdirSync(join(folder, 'node_modules', name), { recursive: true })
  for (const name of files) writeFileSync(join(folder, 'node_modules', name, 'package.json'), '{}')
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: wanted }))
  const packages = Object.fromEntries(Object.entries(installed).map(([name, version]) => [`node_modules/${name}`, { version }]))
  writeFileSync(join(folder, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }))
  return folder
}

describe('whether a checkout has its packages', () => {
  it('is known after any npm install, and not only after our own', () => {
    expect(isInstalled(fileURLToPath(new URL('../..', import.meta.url)))).toBe(true)
    expect(isInstalled(checkout({ zod: '4.0.0', tsc: '7.0.0' }, ['zod', 'tsc']))).toBe(true)
  })

  it.each([
    ['another version', { zod: '4.0.1', tsc: '7.0.0' }, ['zod', 'tsc']],
    ['none for development', { zod: '4.0.0' }, ['zod']],
    ['a package whose files are gone', { zod: '4.0.0', tsc: '7.0.0' }, ['zod']],
    ['nothing', {}, ['elsewhere']],
  ])('is denied where there is %s', (_, installed, files) => {
    expect(isInstalled(checkout(installed as Record<string, string>, files))).toBe(false)
  })
})
