import { type Findings, liesIn, type Made, type OfOther } from '../store/made.ts'
import { DfkError } from '../work/errors.ts'

type OfOthers = Findings['ofOthers']

/** Something that was made under a record, in a line. */
export function lineOf({ kind, path }: Made): string {
  return `  ${kind}: ${path}`
}

/** What is to be deleted, a line each; of what lies outside of DFK_HOME, and of what says that it was made under other records, that is said. */
export async function linesOf(home: string, all: readonly Made[]): Promise<string[]> {
  return Promise.all(
    all.map(async (made) => `${lineOf(made)}${(await liesIn(home, made.path)) ? '' : ` (outside of ${home})`}${othersOf(made)}`),
  )
}

function othersOf({ saysOf }: Made): string {
  if (saysOf === undefined) return ''
  const records = saysOf.map((hash) => `${hash.slice(0, 12)}…`).join(', ')
  return ` (holds the same pictures, and says that it was made under the record ${records}: move it away to keep what that one allows)`
}

/** How what lies in another home is deleted: by the records that it names, if those are others. */
function purgedBy({ home, saysOf = [] }: OfOther): string[] {
  const at = `DFK_HOME=${home}`
  return saysOf.length === 0 ? [at] : saysOf.map((hash) => `${at} dfk consent purge ${hash}, the record that it says it was made under`)
}

/** What stays, and why, in a line. */
export function unverifiedLine(path: string, ofOthers: OfOthers): string {
  const other = ofOthers.get(path)
  return other === undefined
    ? `  cannot be recognised: ${path}`
    : `  of another home: ${path}; purge there, with ${purgedBy(other).join(', and ')}`
}

/** The error that names what was not deleted. */
export function leftError(unverified: readonly string[], ofOthers: OfOthers): DfkError {
  const unknown = unverified.filter((path) => !ofOthers.has(path))
  const others = unverified.filter((path) => ofOthers.has(path))
  const said: string[] = []
  const hints: string[] = []
  if (unknown.length > 0) {
    said.push(`cannot tell whether it is in ${unknown.join(', ')}`)
    hints.push(
      'it does not say what it is, or cannot be read, and is a report of an earlier version or where the log or a link led: delete it, or move what is yours away, and run this again',
    )
  }
  if (others.length > 0) {
    const homes = new Set(others.flatMap((path) => purgedBy(ofOthers.get(path)!)))
    said.push(`leaves to another home what is in ${others.join(', ')}`)
    hints.push(`purge there, with ${[...homes].join(', ')}`)
  }
  return new DfkError(`expected nothing of it to be left but ${said.join(', and ')}`, { hint: hints.join('; ') })
}
