import { readFileSync } from 'node:fs'
import type { Disclosure } from './types.ts'

/** The version of dfk that claims are made by. */
export function toolVersion(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version
}

/** What the marks of an output say; `provider` is dfk where nobody else answers for it. */
export function disclosureOf(outputId: string, provider = 'dfk', createdAt = new Date()): Disclosure {
  return { outputId, provider, tool: `dfk ${toolVersion()}`, createdAt }
}

/** The value of GB 45438-2025's metadata key `AIGC` for an output: generated (label 1), by whom, under which id. */
export function aigcMark({ outputId, provider }: Pick<Disclosure, 'outputId' | 'provider'>): string {
  const empty = { ReservedCode1: '', ContentPropagator: '', PropagateID: '', ReservedCode2: '' }
  return JSON.stringify({ Label: '1', ContentProducer: provider, ProduceID: outputId, ...empty })
}
