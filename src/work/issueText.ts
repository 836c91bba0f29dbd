import type { z } from 'zod'

/** What zod calls otherwise than a reader would. */
const WORDS: Readonly<Record<string, string>> = { int: 'whole number', tuple: 'pair' }

/** Names of JSON's types with what stands before them: nothing before one of which there is but one. */
function withArticle(type: string): string {
  if (type === 'null' || type === 'undefined') return type
  const name = WORDS[type] ?? type
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`
}

/** What was expected of a value that a schema refused: of numbers, kinds of values and choices between schemas in our words, of all else in zod's. */
export function issueText(issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_big' && issue.origin === 'number')
    return `expected a number ${issue.inclusive === false ? 'below' : 'of at most'} ${issue.maximum}`
  if (issue.code === 'too_small' && issue.origin === 'number')
    return `expected a number ${issue.inclusive === false ? 'above' : 'of at least'} ${issue.minimum}`
  if (issue.code === 'invalid_type') return `expected ${withArticle(issue.expected)}`
  if (issue.code !== 'invalid_union') return issue.message
  const all = issue.errors.flat()
  const size = all.find(({ code }) => code === 'too_big' || code === 'too_small')
  if (size !== undefined) return issueText(size)
  const wanted = all.flatMap((each) => {
    if (each.code === 'invalid_type') return [withArticle(each.expected)]
    return each.code === 'invalid_value' ? each.values.map(String) : []
  })
  return wanted.length === 0 ? issue.message : `expected ${wanted.join(' or ')}`
}
