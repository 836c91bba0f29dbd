import { DfkError } from '../work/errors.ts'

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],]/g
/** No record, list or log entry nests deeper; what does is no such thing. */
const MOST_DEEP = 32

/**
 * Parses JSON that means the same to every reader. Throws DfkError, or SyntaxError, for what does not: a key twice in one object, of which readers take
 * either, `__proto__`, and nesting beyond all reason.
 */
export function parseStrictJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  // From here on the text is known to be JSON: strings and brackets are enough to find the keys.
  const open: (Set<string> | undefined)[] = []
  let isKey = false
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') {
      open.push(token === '{' ? new Set() : undefined)
      if (open.length > MOST_DEEP) throw new DfkError(`expected JSON of at most ${MOST_DEEP} levels but found more`)
      isKey = token === '{'
    } else if (token === '}' || token === ']') {
      open.pop()
      isKey = false
    } else if (token === ',') isKey = open.at(-1) !== undefined
    else if (isKey) {
      // Escapes undone: "\u0061" and "a" are one key.
      addKey(open.at(-1)!, JSON.parse(token) as string)
      isKey = false
    }
  }
  return value
}

function addKey(keys: Set<string>, key: string): void {
  if (key === '__proto__') throw new DfkError('expected no key "__proto__" but found one')
  if (keys.has(key)) throw new DfkError(`expected each key once but found "${key}" twice`)
  keys.add(key)
}
