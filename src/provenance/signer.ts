import { createPrivateKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DfkError } from '../work/errors.ts'
import { makeChain } from './certificate.ts'

/** What manifests are signed with. */
export interface Signer {
  readonly key: KeyObject
  /** DER, the leaf first. */
  readonly chain: readonly Buffer[]
  /** PEM of the authority: anchors for whoever decides to trust this installation. */
  readonly caPem: string
}

const RENEW_MS = 30 * 86_400_000

function parse(bundle: string, path: string): Signer {
  try {
    const [leaf, ca] = [...bundle.matchAll(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)].map(
      ([pem]) => new X509Certificate(pem),
    )
    return { key: createPrivateKey(bundle), chain: [leaf!.raw, ca!.raw], caPem: ca!.toString() }
  } catch (cause) {
    throw new DfkError(`expected a signing key and its certificates in ${path} but found something else`, {
      hint: 'move the file away: dfk makes itself a new one',
      cause,
    })
  }
}

function read(path: string): Signer | undefined {
  try {
    return parse(readFileSync(path, 'utf8'), path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function make(folder: string, path: string, now: Date): Signer {
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
  return read(path)!
}

/**
 * The signing key of this installation with its certificates, `<home>/.dfk/c2pa.key`, made at the first use: an authority that nobody else knows, so that
 * readers say that the signer is untrusted.
 */
export function openSigner(home: string | undefined, now: Date): Signer {
  const folder = join(resolve(home ?? (process.env['DFK_HOME'] || '.')), '.dfk')
  const path = join(folder, 'c2pa.key')
  const known = read(path)
  if (known === undefined) return make(folder, path, now)
  const { validFrom, validTo } = new X509Certificate(known.chain[0]!)
  if (Date.parse(validFrom) <= now.getTime() && Date.parse(validTo) - now.getTime() > RENEW_MS) return known
  rmSync(path, { force: true })
  return make(folder, path, now)
}
