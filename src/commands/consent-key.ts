import type { KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isEncrypted, openPrivateKey } from '../consent/keys.ts'
import { DfkError } from '../work/errors.ts'
import { openingPassphrase } from './consent-ask.ts'

/** Opens a private key file, asking for its passphrase where it needs one. Throws DfkError when it is missing or none. */
export async function openKeyFile(path: string, passphraseFile: string | undefined, signal: AbortSignal): Promise<KeyObject> {
  let pem: string
  try {
    pem = await readFile(path, 'utf8')
  } catch (cause) {
    throw new DfkError(`expected a key at ${path} but found no file that can be read`, {
      hint: 'make one with: dfk consent keygen -o alice.key',
      cause,
    })
  }
  return openPrivateKey(pem, isEncrypted(pem) ? await openingPassphrase(passphraseFile, signal) : undefined)
}
