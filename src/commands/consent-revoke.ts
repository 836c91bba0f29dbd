import { resolve } from 'node:path'
import { z } from 'zod'
import { consentHash, loadConsent } from '../consent/index.ts'
import { defaultRevocationPath, readRevocations, revoke as revokeIn } from '../consent/revocation.ts'
import { UsageError } from '../work/errors.ts'
import { defineCommand } from './command.ts'
import { passphraseOptions } from './consent-ask.ts'
import { writeWhole } from './consent-files.ts'
import { openKeyFile } from './consent-key.ts'

/** `dfk consent revoke`: takes a consent back, or confirms that no more was taken back. */
export const revoke = defineCommand({
  name: 'revoke',
  summary: 'take a consent back, in a signed list that every command consults',
  args: [{ name: '[record]', help: 'the record to revoke; none with --refresh' }],
  options: z.object({
    key: z.string().describe('private key that signed the record').meta({ flag: '--key <file>' }),
    list: z
      .string()
      .optional()
      .describe('the list to write (default: consent/revocations.json in DFK_HOME)')
      .meta({ flag: '--list <file>' }),
    reason: z.string().optional().describe('why, for whoever reads the list'),
    refresh: z.boolean().default(false).describe('revoke nothing, but sign the list anew as of today'),
    ...passphraseOptions,
  }),
  example: 'dfk consent revoke alice.json --key alice.key --reason "contract ended"',
  writes: true,
  async run({ result, dryRun, home, signal }, [path], { key, list, reason, refresh, passphraseFile }) {
    if ((path === undefined) !== refresh) {
      throw new UsageError(refresh ? 'expected no record with --refresh but found one' : 'expected a record to revoke but found none', {
        hint: 'name a record, or give --refresh to sign the list anew',
      })
    }
    const target = list === undefined ? defaultRevocationPath(home) : resolve(list)
    const record = path === undefined ? undefined : await loadConsent(String(path))
    const file = revokeIn(readRevocations(target), await openKeyFile(key, passphraseFile, signal), new Date(), record && { record, reason })
    if (!dryRun) await writeWhole(target, `${JSON.stringify(file, null, 2)}\n`)
    const hash = record && consentHash(record)
    const what =
      record === undefined
        ? 'list signed as of today'
        : `${record.record.id} (${record.record.subject.id}) ${dryRun ? 'would be revoked' : 'revoked'}`
    const duty =
      record === undefined ? '' : '\nWhat was made under it has to be deleted: datasets, checkpoints and outputs that carry this hash.'
    result(
      { list: target, ...(hash !== undefined && { revoked: hash }) },
      `${target}: ${what}${hash === undefined ? '' : `, hash ${hash}`}${duty}`,
    )
  },
})
