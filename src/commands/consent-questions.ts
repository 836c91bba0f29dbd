import { UsageError } from '../work/errors.ts'
import type { Context } from './command.ts'
import { ask, isInteractive } from './consent-ask.ts'

/** What a draft cannot do without. */
interface Answers {
  readonly subject: string
  readonly controller: string
  readonly description: string
  readonly project: string
  readonly grant: string
  readonly until: string
  readonly reference: readonly string[]
}

/** What was given of it. */
export type Given = { readonly [K in keyof Answers]?: Answers[K] | undefined }

const QUESTIONS: readonly (readonly [keyof Answers, string])[] = [
  ['subject', 'Who is it about (a pseudonym)'],
  ['controller', 'Who may use the face'],
  ['project', 'For which project'],
  ['description', 'What for, in a sentence that is reasonably specific'],
  ['grant', 'What is allowed (collect,train,generate,publish,sublicense)'],
  ['until', 'Until which day (such as 2027-01-01)'],
  ['reference', 'Stills or clips that show the person alone (separated by spaces)'],
]

/** The given answers, and on a terminal those asked for. Throws UsageError naming the flags that are missing where nobody can be asked. */
export async function completeAnswers(given: Given, { signal, json }: Context): Promise<Answers> {
  const has = (key: keyof Answers) => given[key] !== undefined && given[key].length > 0
  const missing = QUESTIONS.filter(([key]) => !has(key))
  if (missing.length > 0 && (json || !isInteractive())) {
    throw new UsageError(`expected ${missing.map(([key]) => `--${key}`).join(', ')} but found none`, {
      hint: 'see: dfk consent draft --help',
    })
  }
  const asked: Record<string, string | string[]> = {}
  for (const [key, question] of missing) {
    let answer = ''
    while (answer === '') answer = await ask(question, { signal })
    asked[key] = key === 'reference' ? answer.split(/\s+/) : answer
  }
  return { ...given, ...asked } as Answers
}
