import { type Command as CommanderCommand, InvalidArgumentError, Option } from 'commander'
import { z } from 'zod'
import { UsageError } from '../work/errors.ts'

interface Flag {
  readonly key: string
  readonly option: Option
}

function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function unwrap(schema: unknown): { inner: unknown; fallback: unknown } {
  let inner = schema
  let fallback: unknown
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodOptional || inner instanceof z.ZodNullable) {
    if (inner instanceof z.ZodDefault) fallback = inner.def.defaultValue
    inner = inner.def.innerType
  }
  return { inner, fallback }
}

function valueName(inner: unknown): string {
  if (inner instanceof z.ZodNumber) return '<n>'
  if (inner instanceof z.ZodEnum) return `<${inner.options.join('|')}>`
  if (inner instanceof z.ZodArray) return '<value...>'
  return '<value>'
}

function parseNumber(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.')
  return value
}

function flagOf(key: string, schema: z.ZodType): Flag {
  const { inner, fallback } = unwrap(schema)
  const meta = schema.meta() ?? {}
  const isBoolean = inner instanceof z.ZodBoolean
  const plain = isBoolean ? (fallback === true ? `--no-${kebab(key)}` : `--${kebab(key)}`) : `--${kebab(key)} ${valueName(inner)}`
  const option = new Option(typeof meta['flag'] === 'string' ? meta['flag'] : plain, meta.description ?? '')
  if (inner instanceof z.ZodNumber) option.argParser(parseNumber)
  if (inner instanceof z.ZodEnum) option.choices(inner.options.map(String))
  if (fallback !== undefined && !isBoolean && !(Array.isArray(fallback) && fallback.length === 0)) option.default(fallback)
  return { key, option }
}

/** Adds one commander option per key of the schema and returns a function that reads them back, validated. */
export function bindOptions<S extends z.ZodObject>(command: CommanderCommand, schema: S): (raw: Record<string, unknown>) => z.output<S> {
  const flags = Object.entries(schema.shape).map(([key, value]) => flagOf(key, value as z.ZodType))
  for (const flag of flags) command.addOption(flag.option)
  return (raw) => {
    const picked: Record<string, unknown> = {}
    for (const { key, option } of flags) {
      const value = raw[option.attributeName()]
      if (value !== undefined) picked[key] = value
    }
    const parsed = schema.safeParse(picked)
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]
    const flag = flags.find(({ key }) => key === issue?.path[0])
    const where = flag?.option.long ?? 'options'
    throw new UsageError(`${where}: ${issue?.message ?? 'invalid value'}`, { hint: `see: dfk ${command.name()} --help` })
  }
}
