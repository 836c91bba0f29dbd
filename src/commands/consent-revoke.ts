import { resolve } from 'node:path'
import { z } from 'zod'
import { putWhole } from '../consent/files.ts'
import { appendAudit, consentHash } from '../consent/index.ts'
import { publicKeyOf } from '../consent/keys.ts'
import { defaultRevocationPath, revoke as revokeIn } from '../consent/revocation.ts'
import { listName, OWN_LIST } from '../consent/revoked.ts'
import { UsageError } from '../work/errors.ts'
import { defineCommand } from './command.ts'
import { openRecord, openRevocations } from './consent-files.ts'
import { keyOptions, openKey } from './consent-key.ts'

/** `dfk consent revoke`: takes a consent back, or confirms that no more was taken back. */
export const revoke = defineCommand({
  name: 'revoke',
  summary: 'take a consent back, in a signed list that every command consults',
  args: [{ name: '[record]', help: 'the record to revoke; none with --refresh' }],
  options: z.object({
    ...keyOptions,
    list: z
      .string()
      .optional()
      .describe('the list to write (default: consent/revocations.json in DFK_HOME)')
      .meta({ flag: '--list <file>' }),
    reason: z.string().optional().describe('why, for whoever reads the list'),
    refresh: z.boolean().default(false).describe('revoke nothing, but sign the list anew as of today'),
  }),
  example: 'dfk consent revoke alice.json --key alice.key --reason "contract ended"',
  writes: true,
  async run({ result, dryRun, home, signal }, [path], { list, reason, refresh, ...given }) {
    if ((path === undefined) !== refresh) {
      throw new UsageError(refresh ? 'expected no record with --refresh but found one' : 'expected a record to revoke but found none', {
        hint: 'name a record, or give --refresh to sign the list anew',
      })
    }
    const target = list === undefined ? defaultRevocationPath(home) : resolve(list)
    const record = path === undefined ? undefined : await openRecord(String(path))
    const hash = record && consentHash(record)
    const key = await openKey(given, signal)
    const now = new Date()
    const file = revokeIn(await openRevocations(target), key, now, record && { record, reason })
    if (!dryRun) {
      // The list first: a revocation holds even where it cannot be logged.
      await putWhole(target, `${JSON.stringify(file, null, 2)}\n`)
      const publicKey = publicKeyOf(key)
      const place = target === defaultRevocationPath(home) ? OWN_LIST : target
      const lists = { [listName(place, publicKey)]: { issuedAt: now.toISOString(), entries: ownEntries(file, publicKey) } }
      await appendAudit(home, now, () => [
        {
          ...{ what: 'revoke', key: publicKey, records: hash === undefined ? [] : [hash] },
          about: { list: target, ...(reason !== undefined && { reason }) },
          remember: { lists, ...(hash !== undefined && { revoked: { [hash]: now.toISOString() } }) },
        },
      ])
    }
    const what =
      record === undefined
        ? 'list signed as of today'
        : `${record.record.id} (${record.record.subject.id}) ${dryRun ? 'would be revoked' : 'revoked'}`
    const duty = record === undefined ? '' : `\nWhat was made under it has to be deleted: dfk consent purge ${String(path)}`
    result(
      { list: target, ...(hash !== undefined && { revoked: hash }) },
      `${target}: ${what}${hash === undefined ? '' : `, hash ${hash}`}${duty}`,
    )
  },
})

function ownEntries({ lists }: ReturnType<typeof revokeIn>, publicKey: string): number {
  return lists.find(({ list }) => list.publicKey === publicKey)?.list.revoked.length ?? 0
}
