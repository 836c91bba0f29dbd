import { RefusedError } from '../work/errors.ts'
import type { ConsentAction, ConsentRecord } from './record.ts'

/** What something is for, as far as the caller declares it. */
export interface Use {
  readonly project?: string | undefined
  readonly media?: readonly string[] | undefined
  readonly territory?: readonly string[] | undefined
  /** What kind of use it is, such as `advertising`: none of them may be prohibited. */
  readonly categories?: readonly string[] | undefined
}

/** Text as two people write the same thing: case, spaces and composed letters make no difference. */
function same(text: string): string {
  return text.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()
}

/** What leaves the house has to say where it goes, if the record limits that. */
const LEAVES: readonly ConsentAction[] = ['publish', 'sublicense']

function placeProblem(
  clause: 'media' | 'territory',
  allowed: readonly string[],
  declared: readonly string[] | undefined,
  action: ConsentAction,
): RefusedError | undefined {
  if (allowed.length === 0) return undefined
  const hint = `--${clause} ${allowed.join(' ')}, or ask for a new record`
  if (declared === undefined || declared.length === 0) {
    if (!LEAVES.includes(action)) return undefined
    return new RefusedError(
      `scope.${clause}`,
      `expected to be told in which ${clause} of ${allowed.join(', ')} but found none named to ${action}`,
      { hint },
    )
  }
  const known = new Set(allowed.map(same))
  const stranger = declared.find((each) => !known.has(same(each)))
  if (stranger === undefined) return undefined
  return new RefusedError(`scope.${clause}`, `expected ${clause} that the record allows (${allowed.join(', ')}) but found ${stranger}`, {
    hint,
  })
}

/** Why a record does not cover a use, or undefined. What is not declared is not held against it, but for what leaves the house. */
export function useProblem(
  { scope }: ConsentRecord,
  action: ConsentAction,
  { project, media, territory, categories = [] }: Use,
): RefusedError | undefined {
  if (project !== undefined && same(project) !== same(scope.project))
    return new RefusedError(
      'scope.project',
      `expected the project for which the record was signed (${scope.project}) but found ${project}`,
      {
        hint: 'ask for a record for that project',
      },
    )
  const prohibited = new Set(scope.prohibited.map(same))
  const banned = categories.find((each) => prohibited.has(same(each)))
  if (banned !== undefined)
    return new RefusedError('scope.prohibited', `expected a use that the record does not prohibit but found ${banned}`, {
      hint: `never for: ${scope.prohibited.join(', ')}`,
    })
  return placeProblem('media', scope.media, media, action) ?? placeProblem('territory', scope.territory, territory, action)
}
