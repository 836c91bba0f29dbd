import { existsSync } from 'node:fs'
import { dirname, resolve, sep } from 'node:path'
import { z } from 'zod'
import { readHead } from '../consent/audit.ts'
import { readAudit } from '../consent/auditVerify.ts'
import { consentHash } from '../consent/index.ts'
import { writePurgeProof } from '../consent/proof.ts'
import { findMade, type Made, type Place, recordsOf } from '../store/made.ts'
import { deleteMade } from '../store/purge.ts'
import { DfkError, UsageError } from '../work/errors.ts'
import { type Context, defineCommand } from './command.ts'
import { ask, isInteractive } from './consent-ask.ts'
import { openRecord } from './consent-files.ts'
import { leftError, lineOf, linesOf, unverifiedLine } from './consent-purge-text.ts'

/** Whose things are to be deleted. */
interface Wanted {
  readonly records: readonly string[]
  readonly subject?: string | undefined
}

async function wantedBy(context: Context, named: string): Promise<Wanted> {
  const { home, work } = context
  if (/^[0-9a-f]{64}$/.test(named)) return { records: [named] }
  if (existsSync(named)) return { records: [consentHash(await openRecord(named))] }
  const signed = (await readAudit(home)).filter(({ what, about }) => what === 'sign' && about['subject'] === named)
  const places = await loggedPlaces(context)
  const made = await work('looking for records', (each) => recordsOf({ home, places }, named, each))
  return { records: [...new Set([...made, ...signed.flatMap(({ records }) => records)])], subject: named }
}

/** What an entry of the log names where something lies, or was to be made, besides `path`. */
const NAMED = ['layers', 'run', 'runs', 'collect', 'align', 'datasets', 'outputs', 'left', 'unverified']

function pathsIn(words: readonly unknown[]): string[] {
  return words.flat().filter((word): word is string => typeof word === 'string' && (word.startsWith('/') || /^[A-Za-z]:[\\/]/.test(word)))
}

/** What the log names in entries about these records, or all: outputs and exports wherever they went, datasets and runs outside of DFK_HOME. */
async function loggedPlaces({ home }: Context, records?: readonly string[]): Promise<Place[]> {
  const places = new Map<string, Place>()
  for (const { what, about, records: theirs } of await readAudit(home)) {
    const isOurs = records === undefined || theirs.some((hash) => records.includes(hash))
    for (const path of pathsIn([about['path'], ...NAMED.map((key) => about[key])])) {
      const isOutput = what === 'output' || what === 'export' || what === 'report'
      // What others made at the same path later took its place.
      if (!isOurs && isOutput && places.has(path)) places.set(path, { path })
      if (!isOurs) continue
      const isPlanned = about['allowed'] === false || pathsIn([about['outputs']]).includes(path)
      const sha256 = isOutput && path === about['path'] && typeof about['sha256'] === 'string' ? about['sha256'] : undefined
      if (!isPlanned) places.set(path, { path, isMade: true, sha256: sha256 ?? places.get(path)?.sha256 })
      else if (!places.has(path)) places.set(path, { path })
      if (what === 'report') continue
      const rendering = renderingOf(path)
      places.set(rendering, { path: rendering })
    }
  }
  return [...places.values()]
}

const RENDERING = '.rendering'

/** The folder in which an output was being rendered. */
function renderingOf(output: string): string {
  return `${dirname(output)}/.${output.replace(/^.*[/\\]/, '')}${RENDERING}`
}

async function confirm({ signal }: Context, all: readonly Made[]): Promise<void> {
  if (!isInteractive())
    throw new UsageError(`expected --yes to delete ${all.length} things for good but found none`, { hint: '--dry-run lists them' })
  if ((await ask('Delete all of it for good? (yes or no)', { signal })) !== 'yes') throw new DfkError('nothing was deleted')
}

/** `dfk consent purge`: deletes what was made under a record, with proof. */
export const purge = defineCommand({
  name: 'purge',
  summary: 'delete every dataset, run, preview, render, output, export and report that was made under a record, with a signed proof',
  args: [{ name: '<record>', help: 'the record, its hash, or the subject id of a person' }],
  options: z.object({ yes: z.boolean().default(false).describe('do not ask') }),
  example: 'dfk consent purge alice.json --dry-run',
  writes: true,
  async run(context, [named], { yes }) {
    const { home, dryRun, result, note, work } = context
    const { records, subject } = await wantedBy(context, String(named))
    if (records.length === 0)
      throw new DfkError(`expected a record, the hash of one, or a subject that something here was made of but found ${String(named)}`, {
        hint: 'dfk consent log names the records that were used here',
      })
    const { revoked = {} } = (await readHead(home))?.head.memory ?? {}
    for (const hash of records) if (revoked[hash] === undefined) note(`record ${hash.slice(0, 12)}… is not known to be revoked here`)
    const search = { home, places: await loggedPlaces(context, records) }
    const look = (each: Parameters<typeof findMade>[3]) => findMade(search, records, subject, each)
    const before = await work('looking for what was made', look)
    const found = before.made
    const list = await linesOf(home, found)
    if (dryRun) {
      const made = found.map(({ kind, path, saysOf }) => ({ kind, path, ...(saysOf && { saysOf }) }))
      const lines = [
        found.length === 0 ? 'would delete nothing' : `would delete ${found.length}:`,
        ...list,
        ...before.unverified.map((path) => unverifiedLine(path, before.ofOthers)),
      ]
      return result({ records, ...(subject && { subject }), found: made, unverified: before.unverified }, lines.join('\n'))
    }
    if (found.length > 0) note([`to be deleted:`, ...list].join('\n'))
    if (!yes && found.length > 0) await confirm(context, found)
    const deleted = await work('deleting', (each) => deleteMade(home, found, each))
    const after = await work('looking whether anything is left', look)
    const left = after.made.map(({ path }) => path)
    // What only a link led to that is deleted now is still there.
    const unverified = [...new Set([...before.unverified, ...after.unverified])].filter((path) => existsSync(path) && !left.includes(path))
    const searched = [
      home,
      ...search.places.map(({ path }) => path).filter((path) => !path.startsWith(home + sep) && !path.endsWith(RENDERING)),
    ]
    const proof = await writePurgeProof(home, { records, subject, searched, deleted, left, unverified }, new Date())
    const files = deleted.reduce((sum, each) => sum + each.files.length, 0)
    result(
      {
        ...{ records, ...(subject && { subject }) },
        deleted: deleted.map(({ kind, path, bytes, files: { length } }) => ({ kind, path, files: length, bytes })),
        ...{ searched, left, unverified, proof: resolve(proof) },
      },
      [
        `deleted ${deleted.length} (${files} files)${left.length + unverified.length === 0 ? `; no more of it is found in ${home}, nor where the log says that it went` : ''}`,
        ...deleted.map(lineOf),
        `proof: ${proof}`,
      ].join('\n'),
    )
    if (left.length > 0)
      throw new DfkError(`expected nothing of it to be left but found ${left.join(', ')}`, {
        hint: 'who makes it anew? stop that, and run this again',
      })
    if (unverified.length > 0) throw leftError(unverified, new Map([...before.ofOthers, ...after.ofOthers]))
  },
})
