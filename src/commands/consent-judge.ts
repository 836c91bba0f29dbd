import { consentHash, type SignedConsent } from '../consent/index.ts'
import { judgeRecord } from '../consent/problems.ts'
import { rememberSeen } from '../consent/seen.ts'
import { DfkError } from '../work/errors.ts'
import type { Context } from './command.ts'

/** Judges a record, and remembers what its lists said. Where the log cannot be written, a warning says that this was not remembered: looking needs no right to write. */
export async function judgeAndRemember(
  signed: SignedConsent,
  now: Date,
  { home, warn }: Context,
): Promise<Awaited<ReturnType<typeof judgeRecord>>['problems']> {
  const { problems, news } = await judgeRecord(signed, { now, home })
  await rememberSeen(home, now, consentHash(signed), news).catch((error: unknown) => {
    if (!(error instanceof DfkError)) throw error
    warn(`what the revocation lists say is not remembered: ${error.message}`)
  })
  return problems
}
