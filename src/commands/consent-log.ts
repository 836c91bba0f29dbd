import { z } from 'zod'
import { auditPath } from '../consent/audit.ts'
import { readAudit, verifyAudit } from '../consent/auditVerify.ts'
import { RefusedError } from '../work/errors.ts'
import { type Context, defineCommand } from './command.ts'

function text(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : typeof value === 'object' ? JSON.stringify(value) : String(value)
}

async function verify({ home, result }: Context): Promise<void> {
  const { entries, problems, last } = await verifyAudit(home)
  const state = problems.length === 0 ? 'whole' : 'NOT as it was written'
  result(
    { log: auditPath(home), valid: problems.length === 0, entries, problems, last },
    [`${auditPath(home)}: ${entries} entries, ${state}`, ...problems.map((problem) => `  ${problem}`), `last ${last}`].join('\n'),
  )
  const [first] = problems
  if (first !== undefined)
    throw new RefusedError('audit', `expected the audit log as it was written but found it altered: ${first} [audit]`, {
      hint: 'compare it with a copy; restore consent/ and .dfk/ of DFK_HOME, or move both away to begin anew, with nobody trusted',
    })
}

/** `dfk consent log`: who did what under which record. */
export const log = defineCommand({
  name: 'log',
  summary: 'show the audit log, or check that nothing in it was changed, removed or moved; exits 3 when something was',
  args: [],
  options: z.object({ verify: z.boolean().default(false).describe('check every line, its order and the end of the log') }),
  example: 'dfk consent log --verify',
  writes: false,
  async run(context, _args, { verify: check }) {
    if (check) return verify(context)
    for (const entry of await readAudit(context.home)) {
      const { seq, at, user, what, records, about } = entry
      const details = Object.entries(about)
        .filter(([, value]) => !Array.isArray(value) || value.length > 0)
        .map(([key, value]) => `${key}: ${text(value)}`)
      const under = records.map((hash) => hash.slice(0, 12)).join(', ')
      context.result(
        entry,
        `${seq}  ${at}  ${user}  ${what}${under === '' ? '' : `  under ${under}`}\n${details.map((each) => `    ${each}`).join('\n')}`,
      )
    }
  },
})
