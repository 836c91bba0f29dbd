import { createHash } from 'node:crypto'
import { DfkError } from '../work/errors.ts'

/** A lone half of a surrogate pair, which UTF-8 cannot carry (RFC 8785 section 3.2.2.2 asks to refuse it). */
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/

function fail(found: string): never {
  throw new DfkError(`expected a value that JSON can carry exactly but found ${found}`)
}

function text(value: string): string {
  if (LONE_SURROGATE.test(value)) fail('a string with a lone surrogate')
  return JSON.stringify(value)
}

/**
 * The one JSON text of a value by RFC 8785 (JCS): no white space, members sorted by UTF-16 code units, numbers as ECMAScript prints them.
 * Members whose value is `undefined` are left out, as JSON does. Throws DfkError for what JSON cannot carry: NaN, infinities, functions, lone surrogates.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return text(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) fail(String(value))
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object') fail(`a ${typeof value}`)
  const members = Object.entries(value as object)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${text(key)}:${canonicalJson(member)}`).join(',')}}`
}

/** SHA-256 of the canonical JSON text, as 64 hexadecimal digits. */
export function canonicalHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex')
}
