import { resolve } from 'node:path'
import { z } from 'zod'
import { describeConsent } from '../consent/describe.ts'
import { consentHash, loadConsent, type SignedConsent } from '../consent/index.ts'
import { isTrusted, judgeRecord } from '../consent/problems.ts'
import { DfkError, RefusedError } from '../work/errors.ts'
import { defineCommand } from './command.ts'
import { openRecord } from './consent-files.ts'
import { judgeAndRemember } from './consent-judge.ts'

/** Whether the signing key is trusted here; a list that was altered trusts nobody. */
async function trustOf(signed: SignedConsent, home: string): Promise<boolean> {
  return isTrusted(signed, home).catch((error: unknown) => {
    if (error instanceof RefusedError) return false
    throw error
  })
}

/** `dfk consent verify`: whether a record holds today. */
export const verify = defineCommand({
  name: 'verify',
  summary: 'check signatures, trust, scope, term and revocation of a record; exits 3 when it does not hold, 1 when there is none to check',
  args: [{ name: '<record>', help: 'the record' }],
  options: z.object({}),
  example: 'dfk consent verify alice.json',
  writes: false,
  async run(context, [path]) {
    const { result, home } = context
    const signed = await loadConsent(String(path)).catch((error: unknown) => {
      if (!(error instanceof RefusedError)) throw error
      const isThere = error.clause !== 'file'
      if (isThere || context.json) result({ valid: false, reasons: [`${error.clause}: ${error.message}`] }, `${path}: not valid`)
      // Of a file that is not there nobody can say that it does not hold.
      throw isThere ? error : new DfkError(error.message, { hint: 'check the path', cause: error })
    })
    const problems = await judgeAndRemember(signed, new Date(), context)
    const trusted = await trustOf(signed, home)
    const reasons = problems.map(({ clause, message }) => `${clause}: ${message}`)
    const [first, ...others] = problems
    const valid = trusted ? 'valid' : 'valid; its key is not trusted here, which a record for sample footage does not need'
    result(
      { valid: first === undefined, reasons, hash: consentHash(signed), trusted },
      // The first reason is the error, on stderr.
      [`${path}: ${first === undefined ? valid : 'not valid'}`, ...others.map(({ message }) => `  also: ${message}`)].join('\n'),
    )
    if (first !== undefined) throw first
  },
})

/** `dfk consent show`: a record in plain words. */
export const show = defineCommand({
  name: 'show',
  summary: 'say in plain words what a record allows',
  args: [{ name: '<record>', help: 'the record, signed or not' }],
  options: z.object({ html: z.string().optional().describe('write it as a page to read, print and keep').meta({ flag: '--html <file>' }) }),
  example: 'dfk consent show alice.json --html alice.html',
  writes: true,
  async run(context, [path], { html }) {
    const { result, home, dryRun } = context
    const signed = await openRecord(String(path))
    const trusted = await trustOf(signed, home)
    const shown = { ...signed, ...(signed.signature !== undefined && { hash: consentHash(signed) }), trusted }
    const untrusted = signed.record.kind === 'sample' ? 'no, which a record for sample footage does not need' : 'no'
    if (html === undefined) return result(shown, `${describeConsent(signed)}\nTrusted here: ${trusted ? 'yes' : untrusted}`)
    const [{ consentPage }, { checkOutputs, writePage }] = await Promise.all([import('./consent-page.ts'), import('../report/file.ts')])
    await checkOutputs({ '--html': html }, [String(path)])
    const now = new Date()
    const problems = dryRun ? (await judgeRecord(signed, { now, home })).problems : await judgeAndRemember(signed, now, context)
    const page = consentPage(signed, { now, trusted, reasons: problems.map(({ message }) => message) })
    if (!dryRun) await writePage(resolve(html), page)
    result({ ...shown, html }, `${html}: ${dryRun ? 'would be written' : 'written'}`)
  },
})
