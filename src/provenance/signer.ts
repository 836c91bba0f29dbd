import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DfkError } from '../work/errors.ts'
import { makeChain } from './certificate.ts'
import { certificatesIn } from './studio.ts'
import type { Signer } from './types.ts'

/** The signer of an installation, of whom nobody has heard. */
export interface LocalSigner extends Signer {
  /** PEM of the authority: anchors for whoever decides to trust this installation. */
  readonly caPem: string
  /** Where it lies. */
  readonly caPath: string
}

const RENEW_MS = 30 * 86_400_000

interface Place {
  readonly folder: string
  /** The key with its certificates. */
  readonly path: string
  readonly caPath: string
}

function parse(bundle: string, { path, caPath }: Place): LocalSigner {
  try {
    const [leaf, ca] = certificatesIn(bundle)
    return { key: createPrivateKey(bundle), chain: [leaf!.raw, ca!.raw], caPem: ca!.toString(), caPath }
  } catch (cause) {
    throw new DfkError(`expected a signing key and its certificates in ${path} but found something else`, {
      hint: 'move the file away: dfk makes itself a new one',
      cause,
    })
  }
}

function read(place: Place): LocalSigner | undefined {
  try {
    return parse(readFileSync(place.path, 'utf8'), place)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Writes the authority's certificate beside the key, for readers' lists of anchors. */
function showAuthority({ caPem, caPath }: LocalSigner): void {
  if (existsSync(caPath) && readFileSync(caPath, 'utf8') === caPem) return
  const partial = `${caPath}.${randomBytes(4).toString('hex')}`
  writeFileSync(partial, caPem, { flag: 'wx' })
  renameSync(partial, caPath)
}

function make(place: Place, now: Date): LocalSigner {
  const { folder, path } = place
  const { leaf, ca, leafKey } = makeChain('dfk self-signed', now)
  const pem = (der: Buffer) => new X509Certificate(der).toString()
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const partial = `${path}.${randomBytes(4).toString('hex')}`
  writeFileSync(partial, `${leafKey.export({ type: 'pkcs8', format: 'pem' })}${pem(leaf)}${pem(ca)}`, { mode: 0o600, flag: 'wx' })
  try {
    linkSync(partial, path)
  } catch (error) {
    // Another dfk made one in the meantime: that one counts.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(partial, { force: true })
  }
  return read(place)!
}

function open(place: Place, now: Date): LocalSigner {
  const known = read(place)
  if (known === undefined) return make(place, now)
  const { validFrom, validTo } = new X509Certificate(known.chain[0]!)
  if (Date.parse(validFrom) <= now.getTime() && Date.parse(validTo) - now.getTime() > RENEW_MS) return known
  rmSync(place.path, { force: true })
  return make(place, now)
}

/**
 * The signing key of this installation with its certificates, `<home>/.dfk/c2pa.key`, made at the first use: by an authority that nobody else knows, so that
 * readers say that the signer is untrusted. `<home>/.dfk/c2pa-ca.pem` is the authority's certificate, for readers who decide to trust it.
 */
export function openSigner(home: string | undefined, now: Date): LocalSigner {
  const folder = join(resolve(home ?? (process.env['DFK_HOME'] || '.')), '.dfk')
  const signer = open({ folder, path: join(folder, 'c2pa.key'), caPath: join(folder, 'c2pa-ca.pem') }, now)
  showAuthority(signer)
  return signer
}
