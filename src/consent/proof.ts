import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { appendAudit, readHead } from './audit.ts'
import { canonicalJson } from './canonical.ts'
import { putWhole } from './files.ts'
import { signText } from './keys.ts'

/** What was deleted under which records, and what was found left. */
export interface PurgeStatement {
  readonly records: readonly string[]
  readonly subject?: string | undefined
  /** Where it was looked for: DFK_HOME, wherever links in it lead, and the places elsewhere that the log names. */
  readonly searched: readonly string[]
  readonly deleted: readonly { readonly kind: string; readonly path: string; readonly files: readonly object[] }[]
  readonly left: readonly string[]
  /** Paths of what may have been made under the records but cannot be recognised, and was not deleted. */
  readonly unverified: readonly string[]
}

/** Signs a statement of what was deleted with the installation's key, writes it to `<home>/consent/purged/` and logs its hash. Returns its path. */
export async function writePurgeProof(home: string, statement: PurgeStatement, now: Date): Promise<string> {
  // Begins the log where there is none yet.
  await appendAudit(home, now, () => [])
  const { installation } = (await readHead(home))!
  const { key, publicKey } = installation
  const body = { schema: 1, at: now.toISOString(), ...statement }
  const text = `${JSON.stringify({ statement: body, publicKey, signature: signText(canonicalJson(body), key) }, null, 2)}\n`
  const name = `${now.toISOString().replace(/[:.]/g, '-')}-${statement.records[0]?.slice(0, 12) ?? 'subject'}.json`
  const path = join(home, 'consent', 'purged', name)
  const sha256 = createHash('sha256').update(text).digest('hex')
  await putWhole(path, text)
  const { records, subject, deleted, left, unverified } = statement
  await appendAudit(home, now, () => [
    {
      what: 'purge',
      records: [...records],
      about: {
        ...{ proof: path, sha256, ...(subject !== undefined && { subject }) },
        ...{ deleted: deleted.map((each) => each.path), left: [...left], unverified: [...unverified] },
      },
    },
  ])
  return path
}
