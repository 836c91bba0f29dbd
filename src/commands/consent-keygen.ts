import { rm } from 'node:fs/promises'
import { z } from 'zod'
import { makeKeyPair } from '../consent/keys.ts'
import { defineCommand } from './command.ts'
import { newPassphrase, passphraseOptions } from './consent-ask.ts'
import { requireAbsent, writeWhole } from './consent-files.ts'

/** `dfk consent keygen`: a key pair to sign records with. */
export const keygen = defineCommand({
  name: 'keygen',
  summary: 'make a key pair to sign records with',
  args: [],
  options: z.object({
    output: z.string().describe('where the private key goes; the public key lies beside it').meta({ flag: '-o, --output <file>' }),
    ...passphraseOptions,
    passphrase: z.boolean().default(true).describe('leave the private key unencrypted'),
  }),
  example: 'dfk consent keygen -o alice.key',
  writes: true,
  async run({ result, note, warn, dryRun, signal }, _args, { output, passphraseFile, passphrase }) {
    const publicFile = `${output.replace(/\.key$/, '')}.pub`
    requireAbsent(output)
    requireAbsent(publicFile)
    if (dryRun) {
      result({ key: output, public: publicFile, encrypted: passphrase }, `would write ${output} and ${publicFile}`)
      return
    }
    if (!passphrase) warn(`${output} is not encrypted: whoever has the file can sign in its owner's name`)
    const pair = makeKeyPair(passphrase ? await newPassphrase(passphraseFile, signal) : undefined)
    await writeWhole(output, pair.privatePem, 0o600)
    await writeWhole(publicFile, pair.publicPem).catch(async (error) => {
      await rm(output, { force: true })
      throw error
    })
    note('Keep the private key to its owner; the public key may be shown to anyone.')
    result(
      { key: output, public: publicFile, publicKey: pair.publicKey, encrypted: passphrase },
      `${output}: private key, ${passphrase ? 'encrypted' : 'NOT encrypted'}\n${publicFile}: public key ${pair.publicKey}`,
    )
  },
})
