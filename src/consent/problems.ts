import { access, readdir, realpath } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { RefusedError } from '../work/errors.ts'
import { readHead } from './audit.ts'
import { clockProblem, newestFile, type Witness } from './clock.ts'
import { countersignatureProblem, countersignersFor } from './countersign.ts'
import { FIELD_CHECKS } from './fields.ts'
import { type Memory, type MemoryChange, NO_MEMORY } from './memory.ts'
import type { ConsentAction, SignedConsent } from './record.ts'
import { findRevocation } from './revoked.ts'
import { signatureProblem } from './signed.ts'
import { supersededProblem, superseding } from './superseded.ts'
import { needsTrust, readTrusted, type TrustedKey, trustProblem } from './trust.ts'

/** Under which circumstances a record is judged. */
export interface Circumstances {
  readonly now: Date
  readonly home: string
  /** Folder of the dataset or run that it belongs to. */
  readonly heldAt?: string | undefined
  /** What is about to be done; absent: everything that the record could allow. */
  readonly action?: ConsentAction | undefined
}

/** What is wrong with a record, and what its lists said that must not be forgotten. */
interface Judgement {
  readonly problems: readonly RefusedError[]
  readonly news: MemoryChange
}

/** What the installation knows: what it remembers, when it last did something, and whom it trusts. Throws RefusedError where its books were altered. */
async function knowledge(home: string): Promise<{ memory: Memory; newest: Witness | undefined; trusted: readonly TrustedKey[] }> {
  const found = await readHead(home)
  const memory = found?.head.memory ?? NO_MEMORY
  const newest = found && { what: 'the newest entry of the audit log', at: new Date(found.head.newest) }
  return { memory, newest, trusted: await readTrusted(home, memory) }
}

/** The installations that a dataset or run lies in: by its folder as it is called, and wherever that or anything in it really lies. */
async function homesOf(folder: string): Promise<string[]> {
  const real = await realpath(folder).catch(() => resolve(folder))
  const entries = await readdir(real, { withFileTypes: true }).catch(() => [])
  const links = entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => realpath(join(real, name)).catch(() => real))
  const places = [real, ...(await Promise.all(links))]
  const found = [dirname(dirname(resolve(folder))), dirname(dirname(real))]
  for (const place of new Set(places)) for (const above of ancestors(place)) if (await hasBooks(above)) found.push(above)
  return [...new Set(found)]
}

function ancestors(path: string): string[] {
  const above = dirname(path)
  return above === path ? [] : [above, ...ancestors(above)]
}

/** Whether a folder is an installation’s home. */
async function hasBooks(folder: string): Promise<boolean> {
  return access(join(folder, 'consent')).then(
    () => true,
    () => false,
  )
}

function signersProblems(
  signed: SignedConsent,
  action: ConsentAction | undefined,
  trusted: readonly TrustedKey[],
): (RefusedError | undefined)[] {
  const { signer } = signed.record
  if (!needsTrust(signed)) return [countersignatureProblem(signed, action)]
  return [
    trustProblem(signed, signer.publicKey, signer.role, trusted),
    countersignatureProblem(signed, action),
    ...countersignersFor(signed, action).map(({ publicKey, role }) => trustProblem(signed, publicKey, role, trusted)),
  ]
}

/** Everything that makes a record worth nothing, first the signature, then the rest in the order in which it is decided. */
export async function judgeRecord(signed: SignedConsent, { now, home, heldAt, action }: Circumstances): Promise<Judgement> {
  const signature = signatureProblem(signed)
  // Nothing else that it says means anything.
  if (signature !== undefined) return { problems: [signature], news: {} }
  const own = FIELD_CHECKS.map((check) => check(signed.record, now))
  let known: Awaited<ReturnType<typeof knowledge>>
  try {
    known = await knowledge(home)
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    return { problems: [...own.filter((problem) => problem !== undefined), error], news: {} }
  }
  const { memory, newest, trusted } = known
  const otherHomes = heldAt === undefined ? [] : (await homesOf(heldAt)).filter((other) => other !== resolve(home))
  const { problem, news, witnesses } = await findRevocation(signed, { home, otherHomes, memory, now })
  const held = heldAt === undefined ? undefined : await newestFile(heldAt)
  const clock = clockProblem(
    now,
    [newest, ...witnesses, held].filter((witness) => witness !== undefined),
  )
  const all = [...own, ...signersProblems(signed, action, trusted), problem, supersededProblem(signed, memory), clock]
  const problems = all.filter((each) => each !== undefined)
  // What does not hold itself, before its first day for one, takes nothing's place.
  return { problems, news: problems.length === 0 ? { ...news, ...superseding(signed, memory) } : news }
}

/** Whether a key that signs or countersigns for a record is trusted here: what `verify` and `show` tell. Throws RefusedError where the list of keys was altered. */
export async function isTrusted(signed: SignedConsent, home: string): Promise<boolean> {
  const { trusted } = await knowledge(home)
  const { signer } = signed.record
  return signer.publicKey !== undefined && trustProblem(signed, signer.publicKey, signer.role, trusted) === undefined
}

/** What would keep a record, once signed, from ever holding, or undefined: signatures, first day, trust and revocation are left out. */
export function lastingProblem({ record }: SignedConsent, now: Date): RefusedError | undefined {
  return FIELD_CHECKS.map((check) => check(record, now)).find((problem) => problem !== undefined && problem.clause !== 'limits.notBefore')
}
