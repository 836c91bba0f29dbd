/** A piece of HTML that is safe to insert as it is. Plain strings never are: `html` escapes them. */
export interface Html {
  readonly html: string
}

type Value = string | number | Html | readonly (string | number | Html)[] | undefined

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Escapes text for use between tags and in quoted attributes. Characters that XML forbids are dropped. */
export function escapeHtml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: file names may hold them and no page should
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '').replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}

function insert(value: Value): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return escapeHtml(value)
  if (typeof value === 'number') return String(value)
  if ('html' in value) return value.html
  return value.map(insert).join('')
}

/** Template tag: what is interpolated gets escaped unless it is `Html`; arrays are joined, undefined is nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  return { html: strings.reduce((text, part, i) => text + insert(values[i - 1]) + part) }
}
