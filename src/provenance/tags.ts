import { readFileSync } from 'node:fs'

/** The version of dfk that claims are made by. */
export function toolVersion(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version
}

/** The value of GB 45438-2025's metadata key `AIGC` for an output: generated (label 1), by whom, under which id. */
export function aigcMark(outputId: string): string {
  const empty = { ReservedCode1: '', ContentPropagator: '', PropagateID: '', ReservedCode2: '' }
  return JSON.stringify({ Label: '1', ContentProducer: 'dfk', ProduceID: outputId, ...empty })
}
