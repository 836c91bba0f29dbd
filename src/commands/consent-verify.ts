import { z } from 'zod'
import { describeConsent } from '../consent/describe.ts'
import { consentHash, loadConsent } from '../consent/index.ts'
import { recordProblems } from '../consent/problems.ts'
import { RefusedError } from '../work/errors.ts'
import { defineCommand } from './command.ts'

/** `dfk consent verify`: whether a record holds today. */
export const verify = defineCommand({
  name: 'verify',
  summary: 'check signature, scope, term and revocation of a record; exits 3 when it does not hold',
  args: [{ name: '<record>', help: 'the record' }],
  options: z.object({}),
  example: 'dfk consent verify alice.json',
  writes: false,
  async run({ result, home }, [path]) {
    const signed = await loadConsent(String(path)).catch((error: unknown) => {
      if (error instanceof RefusedError) result({ valid: false, reasons: [`${error.clause}: ${error.message}`] }, `${path}: not valid`)
      throw error
    })
    const problems = recordProblems(signed, { now: new Date(), home })
    const reasons = problems.map(({ clause, message }) => `${clause}: ${message}`)
    const state = problems.length === 0 ? 'valid' : 'not valid'
    result(
      { valid: problems.length === 0, reasons, hash: consentHash(signed) },
      [`${path}: ${state}`, ...reasons.map((reason) => `  ${reason}`)].join('\n'),
    )
    if (problems[0] !== undefined) throw problems[0]
  },
})

/** `dfk consent show`: a record in plain words. */
export const show = defineCommand({
  name: 'show',
  summary: 'say in plain words what a record allows',
  args: [{ name: '<record>', help: 'the record, signed or not' }],
  options: z.object({}),
  example: 'dfk consent show alice.json',
  writes: false,
  async run({ result }, [path]) {
    const signed = await loadConsent(String(path))
    result({ ...signed, hash: consentHash(signed) }, describeConsent(signed))
  },
})
