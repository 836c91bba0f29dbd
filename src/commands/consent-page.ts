import { consentWords } from '../consent/describe.ts'
import type { SignedConsent } from '../consent/index.ts'
import { toolVersion } from '../provenance/tags.ts'
import { html, paragraph, renderPage, type Tone, table, verdict } from '../report/page.ts'

/** How a record stands at the moment. */
export interface Standing {
  readonly now: Date
  /** Why it does not hold; empty where it does. */
  readonly reasons: readonly string[]
  readonly trusted: boolean
}

function headline(signed: SignedConsent, { reasons, now }: Standing): { text: string; tone: Tone; why: string } {
  const when = now.toISOString().slice(0, 10)
  if (signed.signature === undefined)
    return {
      text: 'A draft: nobody has signed it, and nothing may be done under it',
      tone: 'warn',
      why: 'Read it to the end before you sign.',
    }
  if (reasons.length > 0) return { text: `Did not hold on ${when}`, tone: 'bad', why: reasons.join('; ') }
  return {
    text: `Held on ${when}`,
    tone: 'good',
    why: 'Signatures, term, trust and revocation were checked on the computer that made this page.',
  }
}

function bullets(items: readonly string[], mark: string) {
  return html`<ul style="list-style:none;padding-left:0">${items.map((text) => html`<li>${mark} ${text}</li>\n`)}</ul>`
}

/** A record as one page that a performer and a lawyer can read, print and keep. */
export function consentPage(signed: SignedConsent, standing: Standing): string {
  const { title, about, allowed, denied, limits, hash, keys } = consentWords(signed)
  const { text, tone, why } = headline(signed, standing)
  const { record } = signed
  const trust = standing.trusted ? 'trusted' : 'not trusted'
  const needless = !standing.trusted && record.kind === 'sample' ? ', which a record for sample footage does not need to be' : ''
  return renderPage({
    title: record.kind === 'sample' ? 'Consent record for sample footage' : `Consent to a digital double: ${record.subject.id}`,
    subtitle: title,
    sections: [
      {
        body: [
          verdict(text, tone, why),
          table(
            ['', ''],
            about.map(([what, words]) => [what, words]),
          ),
        ],
      },
      {
        title: 'What may be done',
        body: allowed.length === 0 ? paragraph('Nothing.') : bullets(allowed, '✔'),
      },
      { title: 'What may not be done', body: bullets(denied, '✖') },
      { title: 'Within these limits', body: limits.map((words) => paragraph(words)) },
      {
        title: 'Taking it back',
        body: paragraph(
          'Whoever signed or countersigned this record can take it back at any time with their key: dfk consent revoke <record> --key <key>. From then on nothing new is made under it, and what was made has to be deleted (dfk consent purge).',
        ),
      },
      {
        title: 'How it can be checked',
        body: [
          paragraph(
            `The record is a file of its own; this page only says what stands in it. Its hash names it in every dataset, model and output that is made under it. The signing key is ${trust} on the computer that made this page${needless}.`,
          ),
          table(
            ['', ''],
            [['Hash (SHA-256, RFC 8785)', html`<code>${hash}</code>`], ...keys.map(([what, value]) => [what, html`<code>${value}</code>`])],
          ),
        ],
      },
    ],
    footer: `dfk ${toolVersion()}, ${standing.now.toISOString()}. A record says what a person agreed to; whether that is enough is a question of law, which this program does not answer.`,
  })
}
