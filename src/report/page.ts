import { createHash } from 'node:crypto'
import { RECORDS_META } from '../work/recordsMeta.ts'
import { type Html, html } from './html.ts'
import { STYLE } from './style.ts'

export { histogram } from './bars.ts'
export { lineChart } from './chart.ts'
export { type Html, html } from './html.ts'
export { gallery, inlineImage } from './image.ts'

/** How a value is meant: coloured at the edge, and always said in words too. */
export type Tone = 'good' | 'warn' | 'bad' | 'plain'

export interface Card {
  readonly label: string
  readonly value: string
  readonly note?: string
  readonly tone?: Tone
}

export interface Section {
  readonly title?: string
  readonly body: Html | readonly Html[]
}

export interface Page {
  readonly title: string
  /** One line under the title, such as the names of the files. */
  readonly subtitle?: string
  readonly sections: readonly Section[]
  /** Small print at the end: versions, method, limits. */
  readonly footer?: Html | string
  /** Hashes of the consent records under which what its pictures show was made, for `dfk consent purge`; absent: it shows nobody. */
  readonly records?: readonly string[]
  /** Seconds after which a browser loads it again, for a page that is still being written. */
  readonly reloadS?: number
  /** For a page that shows files beside it and lets them be chosen: the only script that may run. Images may then come from its own folder. */
  readonly script?: string
}

/** Nothing may be fetched and nothing may run, whatever a file name tries; but a page's own script, and images beside it, where it has one. */
function policyOf(script: string | undefined): string {
  const base = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
  if (script === undefined) return base
  return `${base} 'self' file:; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`
}

/** One self-contained HTML document: inline style, no external resources, no script but its own; light, dark and print. */
export function renderPage(page: Page): string {
  const sections = page.sections.map(
    ({ title, body }) => html`<section>${title === undefined ? undefined : html`<h2>${title}</h2>`}
${body}</section>
`,
  )
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${page.records === undefined ? undefined : html`<meta name="${RECORDS_META}" content="${page.records.join(' ')}">\n`}<meta http-equiv="Content-Security-Policy" content="${{ html: policyOf(page.script) }}">
${page.reloadS === undefined ? undefined : html`<meta http-equiv="refresh" content="${page.reloadS}">\n`}<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title}</title>
<style>${{ html: STYLE }}</style>
</head>
<body><main>
<h1>${page.title}</h1>
${page.subtitle === undefined ? undefined : html`<p class="soft">${page.subtitle}</p>`}
${sections}${page.footer === undefined ? undefined : html`<footer>${page.footer}</footer>`}
</main>${page.script === undefined ? undefined : { html: `<script>${page.script}</script>` }}</body>
</html>
`.html
}

/** The one sentence that matters, with what stands behind it. */
export function verdict(headline: string, tone: Tone, explanation?: string): Html {
  return html`<div class="verdict ${tone}"><b>${headline}</b>${explanation === undefined ? undefined : html`<p>${explanation}</p>`}</div>`
}

/** Summary figures side by side. */
export function cards(items: readonly Card[]): Html {
  return html`<div class="cards">${items.map(
    ({ label, value, note, tone = 'plain' }) =>
      html`<div class="card ${tone}"><span>${label}</span><b>${value}</b>${note === undefined ? undefined : html`<small>${note}</small>`}</div>`,
  )}</div>`
}

/** A table; columns in which every cell is a number are right-aligned. Numbers are printed as they come: round them first. */
export function table(head: readonly string[], rows: readonly (readonly (string | number | Html)[])[]): Html {
  const numeric = head.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'))
  const kind = (column: number) => (numeric[column] ? { html: ' class="number"' } : undefined)
  return html`<div class="scroll"><table><thead><tr>${head.map((text, i) => html`<th${kind(i)}>${text}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell, i) => html`<td${kind(i)}>${cell}</td>`)}</tr>\n`)}</tbody></table></div>`
}

/** A paragraph. */
export function paragraph(text: string | Html, soft = false): Html {
  return html`<p${soft ? { html: ' class="soft"' } : undefined}>${text}</p>`
}
