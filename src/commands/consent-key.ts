import type { KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { checkPrivateKey, isEncrypted, openPrivateKey, readPublicKey } from '../consent/keys.ts'
import { DfkError, UsageError } from '../work/errors.ts'
import { openingPassphrase, passphraseOptions } from './consent-ask.ts'

/** Options of every command that signs: which key, and how it is opened. */
export const keyOptions = {
  key: z.string().optional().describe('private key of whoever signs (default: the PEM text in DFK_KEY)').meta({ flag: '--key <file>' }),
  ...passphraseOptions,
}

/** Opens the private key of a file, or of DFK_KEY, asking for its passphrase where it needs one. Throws UsageError where there is none, DfkError where it does not read. */
export async function openKey(
  { key, passphraseFile }: { readonly key?: string | undefined; readonly passphraseFile?: string | undefined },
  signal: AbortSignal,
): Promise<KeyObject> {
  const pem = key === undefined ? process.env['DFK_KEY'] : await readKeyFile(key)
  if (pem === undefined || (key === undefined && pem === ''))
    throw new UsageError('expected the private key of whoever signs but found none', { hint: 'give --key <file>, or its text in DFK_KEY' })
  checkPrivateKey(pem)
  return openPrivateKey(pem, isEncrypted(pem) ? await openingPassphrase(passphraseFile, signal) : undefined)
}

async function readKeyFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new DfkError(`expected a key at ${path} but found no file that can be read`, {
      hint: 'make one with: dfk consent keygen -o alice.key',
      cause,
    })
  }
}

/** A public key that is named on the command line: as records write it, or by its `.pub` file. */
export async function publicKeyNamed(named: string): Promise<string> {
  return /^[A-Za-z0-9_-]{43}$/.test(named) ? readPublicKey(named) : readPublicKey(await readKeyFile(named))
}
