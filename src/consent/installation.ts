import type { KeyObject } from 'node:crypto'
import { randomBytes } from 'node:crypto'
import { access, link, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder } from '../work/folder.ts'
import { readIfThere } from './files.ts'
import { makeKeyPair, openPrivateKey, publicKeyOf } from './keys.ts'

/** What this installation signs its own books with: the audit log, and through it the list of trusted keys. */
export interface Installation {
  readonly key: KeyObject
  readonly publicKey: string
}

/** Path of the installation's private key, which nobody but its owner can read. */
function installationKeyPath(home: string): string {
  return join(home, '.dfk', 'audit.key')
}

/** The installation's key, or undefined before its first use. */
export async function findInstallation(home: string): Promise<Installation | undefined> {
  const pem = await readIfThere(installationKeyPath(home))
  if (pem === undefined) return undefined
  const key = openPrivateKey(pem)
  return { key, publicKey: publicKeyOf(key) }
}

/** The home that something lies in: the nearest folder above it where an installation keeps its key; undefined: in none. */
export async function homeAbove(path: string): Promise<string | undefined> {
  const above = dirname(path)
  if (above === path) return undefined
  const isHome = await access(installationKeyPath(above)).then(
    () => true,
    () => false,
  )
  return isHome ? above : homeAbove(above)
}

/** Makes the installation's key; where another process made one meanwhile, that one counts. */
export async function makeInstallation(home: string): Promise<Installation> {
  const path = installationKeyPath(home)
  const partial = `${path}.${randomBytes(4).toString('hex')}`
  await makeFolder(dirname(path), 0o700)
  await writeFile(partial, makeKeyPair().privatePem, { mode: 0o600, flag: 'wx', flush: true })
  try {
    await link(partial, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(partial, { force: true })
  }
  return (await findInstallation(home))!
}
