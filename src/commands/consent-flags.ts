import { type DraftOptions, draftConsent } from '../consent/draft.ts'
import { lastingProblem } from '../consent/problems.ts'
import { RefusedError, UsageError } from '../work/errors.ts'

/** The flag of `dfk consent draft` that each clause of a record comes from. */
const FLAGS: Readonly<Record<string, string>> = {
  'subject.id': '--subject',
  'subject.adultOn': '--adult-on',
  'signer.role': '--signer',
  'signer.evidenceSha256': '--evidence',
  'countersigners.evidenceSha256': '--countersigner',
  countersigners: '--countersigner',
  controller: '--controller',
  'grants.publish': '--grant',
  'scope.description': '--description',
  'scope.project': '--project',
  'scope.footage': '--footage',
  'scope.media': '--media',
  'scope.territory': '--territory',
  'scope.prohibited': '--prohibit',
  'limits.notBefore': '--from',
  'limits.notAfter': '--until',
  'revocation.list': '--revocations',
}

/** What no record may say, told as what it is in a draft: a flag that is wrong. */
function usageOf({ clause, message }: RefusedError): UsageError {
  const flag = FLAGS[clause.replace(/\.\d+$/, '')]
  const text = message.replace(/^.* missing or wrong: /, '')
  return new UsageError(flag === undefined ? text : `${flag}: ${text}`, { hint: 'see: dfk consent draft --help' })
}

/** Throws UsageError where flags ask for what no record may say, RefusedError where they bind a sample record to other footage than the sample clips. */
export function requireDraftable(draft: DraftOptions): void {
  let problem: RefusedError | undefined
  try {
    problem = lastingProblem(draftConsent(draft), draft.now)
  } catch (error) {
    if (!(error instanceof RefusedError) || error.clause === 'scope.footage') throw error
    problem = error
  }
  if (problem !== undefined) throw usageOf(problem)
}
