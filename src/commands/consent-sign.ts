import { resolve } from 'node:path'
import { z } from 'zod'
import { describeConsent } from '../consent/describe.ts'
import { consentHash, loadConsent } from '../consent/index.ts'
import { lastingProblem } from '../consent/problems.ts'
import { signConsent } from '../consent/signed.ts'
import { defineCommand } from './command.ts'
import { passphraseOptions } from './consent-ask.ts'
import { consentText, writeWhole } from './consent-files.ts'
import { openKeyFile } from './consent-key.ts'

/** `dfk consent sign`: shows a draft and signs it. */
export const sign = defineCommand({
  name: 'sign',
  summary: 'sign a drafted record',
  args: [{ name: '<record>', help: 'the draft; signed in place unless -o names another file' }],
  options: z.object({
    key: z.string().describe('private key of whoever consents').meta({ flag: '--key <file>' }),
    output: z.string().optional().describe('where the signed record goes').meta({ flag: '-o, --output <file>' }),
    ...passphraseOptions,
  }),
  example: 'dfk consent sign alice.json --key alice.key',
  writes: true,
  async run({ result, note, dryRun, signal }, [path], { key, output = String(path), passphraseFile }) {
    const now = new Date()
    const draft = await loadConsent(String(path))
    const problem = lastingProblem(draft, now)
    if (problem !== undefined) throw problem
    note(`${describeConsent({ record: draft.record })}\n`)
    const signed = signConsent(draft, await openKeyFile(key, passphraseFile, signal), now)
    if (!dryRun) await writeWhole(resolve(output), consentText(signed))
    result(
      { ...signed, hash: consentHash(signed) },
      `${output}: ${dryRun ? 'would be signed' : 'signed'} by ${signed.signature?.publicKey}, hash ${consentHash(signed)}`,
    )
  },
})
