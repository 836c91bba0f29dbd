import { basename } from 'node:path'
import { z } from 'zod'
import { readHead } from '../consent/audit.ts'
import { NO_MEMORY } from '../consent/memory.ts'
import { distrustKey, readTrusted, TRUST_ROLES, type TrustedKey, trustKey } from '../consent/trust.ts'
import { UsageError } from '../work/errors.ts'
import { type Context, defineCommand } from './command.ts'
import { publicKeyNamed } from './consent-key.ts'
import { noteTrust } from './consent-keygen.ts'

const options = z.object({
  name: z.string().optional().describe('whose key it is (default: the name of its file)'),
  as: z.array(z.enum(TRUST_ROLES)).default([]).describe('what it may sign as (default: anything)').meta({ flag: '--as <roles...>' }),
  for: z.array(z.string()).default([]).describe('subjects that it may sign for (default: anybody)').meta({ flag: '--for <subjects...>' }),
})

/** As what and for whom a key may sign. */
function limitsOf({ roles, subjects }: Pick<TrustedKey, 'roles' | 'subjects'>): string {
  return [roles && `as ${roles.join(', ')}`, subjects && `for ${subjects.join(', ')}`].filter(Boolean).join(', ') || 'without limit'
}

function line(key: TrustedKey): string {
  const limits = limitsOf(key)
  return `${key.publicKey}  ${key.name}${limits === 'without limit' ? '' : ` (${limits})`}, since ${key.addedAt.slice(0, 10)}`
}

async function list({ home, result, json, note }: Context): Promise<void> {
  const keys = await readTrusted(home, (await readHead(home))?.head.memory ?? NO_MEMORY)
  if (keys.length === 0 && !json) note(`no key is trusted in ${home}: records of kind subject hold for nothing here`)
  for (const key of keys) result(key, line(key))
}

async function add(context: Context, named: string, given: z.output<typeof options>): Promise<void> {
  const { home, dryRun, result, note } = context
  const publicKey = await publicKeyNamed(named)
  const name = given.name ?? (named === publicKey ? undefined : basename(named).replace(/\.pub$/, ''))
  if (name === undefined) throw new UsageError('expected --name to say whose key it is but found none')
  const key = {
    ...{ publicKey, name },
    ...(given.as.length > 0 && { roles: given.as }),
    ...(given.for.length > 0 && { subjects: given.for }),
  }
  if (dryRun) return result({ ...key, trusted: false }, `would trust ${publicKey} of ${name}`)
  const { added, before } = await trustKey(home, new Date(), key)
  if (before !== undefined && limitsOf(before) !== limitsOf(added))
    note(`${before.name} was trusted ${limitsOf(before)}; from now on ${limitsOf(added)}`)
  noteTrust(context, name)
  result({ ...added, trusted: true }, `trusted: ${line(added)}`)
}

/** `dfk consent trust`: whose keys this studio accepts. */
export const trust = defineCommand({
  name: 'trust',
  summary: 'say whose keys count here: add, list, remove',
  args: [
    { name: '<action>', help: 'add, list or remove' },
    { name: '[key]', help: 'a .pub file or the key itself; to remove, the name too' },
  ],
  options,
  example: 'dfk consent trust add alice.pub --name "Alice Example" --for alice',
  writes: true,
  async run(context, [action, key], given) {
    if (action === 'list' && key === undefined) return list(context)
    if ((action !== 'add' && action !== 'remove') || key === undefined)
      throw new UsageError(`expected add <key>, list or remove <key> but found ${[action, key].filter(Boolean).join(' ')}`, {
        hint: 'see: dfk consent trust --help',
      })
    if (action === 'add') return add(context, String(key), given)
    const named = /\.pub$/.test(String(key)) ? await publicKeyNamed(String(key)) : String(key)
    if (context.dryRun) return context.result({ publicKey: named, trusted: true }, `would trust ${named} no longer`)
    const removed = await distrustKey(context.home, new Date(), named)
    context.result({ ...removed, trusted: false }, `no longer trusted: ${line(removed)}\nwhat its records allowed is refused from now on`)
  },
})
