import { type Command as CommanderCommand, InvalidArgumentError, Option } from 'commander'
import { z } from 'zod'
import { UsageError } from '../work/errors.ts'
import { issueText } from '../work/issueText.ts'

interface Flag {
  readonly key: string
  readonly option: Option
  readonly required: boolean
}

function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

interface Unwrapped {
  readonly inner: unknown
  readonly fallback: unknown
  readonly optional: boolean
}

function unwrap(schema: unknown): Unwrapped {
  let inner = schema
  let fallback: unknown
  let optional = false
  while (true) {
    if (inner instanceof z.ZodDefault) fallback = inner.def.defaultValue
    else if (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable) optional = true
    else if (inner instanceof z.ZodPipe) {
      inner = inner.def.in
      continue
    } else return { inner, fallback, optional: optional || fallback !== undefined }
    inner = inner.def.innerType
  }
}

const LONGEST_VALUE = 24

/** A number, and the words that may stand in its place, as in `z.union([z.number(), z.literal('auto')])`; undefined of any other schema. */
function numberOrWords(inner: unknown): { readonly number: z.ZodNumber; readonly words: readonly string[] } | undefined {
  if (inner instanceof z.ZodNumber) return { number: inner, words: [] }
  if (!(inner instanceof z.ZodUnion)) return undefined
  const number = inner.options.find((option) => option instanceof z.ZodNumber)
  const words = inner.options.flatMap((option) => (option instanceof z.ZodLiteral ? [...option.values].map(String) : []))
  return number === undefined || words.length !== inner.options.length - 1 ? undefined : { number, words }
}

/** The choices themselves where they are few and short. */
function valueName(inner: unknown): string {
  const words = numberOrWords(inner)?.words
  if (words !== undefined) return `<${['n', ...words].join('|')}>`
  if (inner instanceof z.ZodArray) return '<value...>'
  if (!(inner instanceof z.ZodEnum)) return '<value>'
  const choices = inner.options.join('|')
  return choices.length > LONGEST_VALUE ? '<name>' : `<${choices}>`
}

function rangeOf({ minValue, maxValue }: z.ZodNumber): string | undefined {
  const low = minValue !== null && minValue > Number.MIN_SAFE_INTEGER ? minValue : undefined
  const high = maxValue !== null && maxValue < Number.MAX_SAFE_INTEGER ? maxValue : undefined
  if (low !== undefined && high !== undefined) return `${low} to ${high}`
  if (low !== undefined) return `at least ${low}`
  return high === undefined ? undefined : `at most ${high}`
}

/** What the schema says of a value: the range or choices, the default, whether it is required. */
function factsOf({ inner, fallback, optional }: Unwrapped, flag: string): string {
  const facts: (string | undefined)[] = []
  const number = numberOrWords(inner)?.number
  if (number !== undefined) facts.push(rangeOf(number))
  if (inner instanceof z.ZodEnum && !flag.includes('|')) facts.push(inner.options.join(', '))
  const shown = typeof fallback === 'number' || typeof fallback === 'string' || (Array.isArray(fallback) && fallback.length > 0)
  if (shown) facts.push(`default: ${found(fallback)}`)
  if (!optional && !(inner instanceof z.ZodBoolean)) facts.push('required')
  return facts.filter((fact) => fact !== undefined).join('; ')
}

/** Help and facts in one pair of parentheses. */
function describe(help: string, facts: string): string {
  if (facts === '') return help
  return help.endsWith(')') ? `${help.slice(0, -1)}; ${facts})` : `${help} (${facts})`
}

function parseNumber(text: string, words: readonly string[]): number | string {
  if (words.includes(text)) return text
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError(`Expected ${['a number', ...words].join(' or ')}.`)
  return value
}

function flagOf(key: string, schema: z.ZodType): Flag {
  const unwrapped = unwrap(schema)
  const { inner, fallback, optional } = unwrapped
  const meta = schema.meta() ?? {}
  const isBoolean = inner instanceof z.ZodBoolean
  const plain = isBoolean ? (fallback === true ? `--no-${kebab(key)}` : `--${kebab(key)}`) : `--${kebab(key)} ${valueName(inner)}`
  const flag = typeof meta['flag'] === 'string' ? meta['flag'] : plain
  const option = new Option(flag, describe(meta.description ?? '', factsOf(unwrapped, flag)))
  const words = numberOrWords(inner)?.words
  if (words !== undefined) option.argParser((text) => parseNumber(text, words))
  if (inner instanceof z.ZodEnum) option.choices(inner.options.map(String))
  return { key, option, required: !optional && !isBoolean }
}

function found(value: unknown): string {
  return Array.isArray(value) ? value.join(' ') : String(value)
}

/**
 * Adds one commander option per key of the schema and returns a function that reads them back, validated.
 * What has neither default nor `.optional()` is required. `path` names the command in hints, such as `dfk consent sign`.
 */
export function bindOptions<S extends z.ZodObject>(
  command: CommanderCommand,
  schema: S,
  path: string,
): (raw: Record<string, unknown>) => z.output<S> {
  const flags = Object.entries(schema.shape).map(([key, value]) => flagOf(key, value as z.ZodType))
  for (const flag of flags) command.addOption(flag.option)
  return (raw) => {
    const hint = `see: ${path} --help`
    const picked: Record<string, unknown> = {}
    for (const { key, option, required } of flags) {
      const value = raw[option.attributeName()]
      if (value !== undefined) picked[key] = value
      // Not commander's own mandatory options: they would hide an unknown one, which is often the same, misspelt.
      else if (required) throw new UsageError(`required option '${option.flags}' not specified`, { hint })
    }
    const parsed = schema.safeParse(picked)
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]
    const flag = flags.find(({ key }) => key === issue?.path[0])
    const what = issue === undefined ? 'invalid value' : issueText(issue)
    const message = flag === undefined ? what : `${flag.option.long}: ${what} (found: ${found(picked[flag.key])})`
    throw new UsageError(message, { hint })
  }
}
