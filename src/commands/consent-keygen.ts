import { rm } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { z } from 'zod'
import { putWhole } from '../consent/files.ts'
import { type KeyPair, makeKeyPair } from '../consent/keys.ts'
import { trustKey } from '../consent/trust.ts'
import { checkInterrupted } from '../work/errors.ts'
import { type Context, defineCommand } from './command.ts'
import { newPassphrase, passphraseOptions } from './consent-ask.ts'
import { requireAbsent } from './consent-files.ts'

/** Where the public key of a private key's file lies. */
function publicFileOf(keyFile: string): string {
  return `${keyFile.replace(/\.key$/, '')}.pub`
}

/** Makes a key pair and writes both files; the private one for its owner alone. Throws DfkError where one of them is there. */
export async function makeKeyFiles(keyFile: string, passphrase: string | undefined): Promise<KeyPair> {
  requireAbsent(keyFile)
  requireAbsent(publicFileOf(keyFile))
  const pair = makeKeyPair(passphrase)
  await putWhole(resolve(keyFile), pair.privatePem, 0o600)
  await putWhole(resolve(publicFileOf(keyFile)), pair.publicPem).catch(async (error) => {
    await rm(keyFile, { force: true })
    throw error
  })
  return pair
}

/** Removes a key that was made for something that did not come about. */
export async function removeKeyFiles(keyFile: string): Promise<void> {
  await rm(keyFile, { force: true })
  await rm(publicFileOf(keyFile), { force: true })
}

/** Says plainly that a key counts from now on, here and nowhere else. */
export function noteTrust({ note, home }: Context, name: string): void {
  note(
    `${name} is trusted in ${home} from now on: records that it signs hold here. Elsewhere it is worth nothing until somebody adds it there.`,
  )
}

/** `dfk consent keygen`: a key pair to sign records with. */
export const keygen = defineCommand({
  name: 'keygen',
  summary: 'make a key pair to sign records with, and trust it here',
  args: [],
  options: z.object({
    output: z.string().describe('where the private key goes; the public key lies beside it').meta({ flag: '-o, --output <file>' }),
    name: z.string().optional().describe('whose key it is (default: the name of the file)'),
    trust: z.boolean().default(true).describe('do not trust the key here: it is for signing elsewhere'),
    ...passphraseOptions,
    passphrase: z.boolean().default(true).describe('leave the private key unencrypted'),
  }),
  example: 'dfk consent keygen -o alice.key',
  writes: true,
  async run(context, _args, { output, name = basename(output).replace(/\.key$/, ''), trust, passphraseFile, passphrase }) {
    const { result, note, warn, dryRun, signal, home } = context
    const publicFile = publicFileOf(output)
    requireAbsent(output)
    requireAbsent(publicFile)
    if (dryRun) {
      result({ key: output, public: publicFile, encrypted: passphrase, trusted: trust }, `would write ${output} and ${publicFile}`)
      return
    }
    if (!passphrase) warn(`${output} is not encrypted: whoever has the file can sign in its owner's name`)
    const pair = await makeKeyFiles(output, passphrase ? await newPassphrase(passphraseFile, signal) : undefined)
    try {
      checkInterrupted(signal)
      if (trust) await trustKey(home, new Date(), { publicKey: pair.publicKey, name })
    } catch (error) {
      await removeKeyFiles(output)
      throw error
    }
    if (trust) noteTrust(context, name)
    note('Keep the private key to its owner; the public key may be shown to anyone.')
    result(
      { key: output, public: publicFile, publicKey: pair.publicKey, encrypted: passphrase, trusted: trust },
      `${output}: private key, ${passphrase ? 'encrypted' : 'NOT encrypted'}\n${publicFile}: public key ${pair.publicKey}${trust ? ', trusted here' : ''}`,
    )
  },
})
