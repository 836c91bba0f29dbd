import type { Examined } from './examine.ts'
import type { Detected } from './result.ts'
import { provenanceLines } from './words.ts'

/** Files of which a report shows all there is; of the rest it has a line each. */
const DETAILED = 20

/** What a report keeps of every file. */
export interface FileLine extends Pick<Detected, 'file' | 'verdict' | 'probability'> {
  readonly declaresSynthetic: boolean
  /** Findings of provenance. */
  readonly findings: number
}

/** What a report needs of a run, in bounded memory: a line a file, and all of the most suspicious. */
export class Shortlist {
  readonly lines: FileLine[] = []
  readonly #detailed: Examined[] = []

  add(examined: Examined): void {
    const { file, verdict, probability, provenance } = examined.detected
    const { declaresSynthetic } = provenance
    this.lines.push({ file, verdict, probability, declaresSynthetic, findings: provenanceLines(provenance).length })
    this.#detailed.push(examined)
    if (this.#detailed.length <= DETAILED) return
    const suspicion = ({ detected }: Examined) => detected.probability ?? -1
    const least = this.#detailed.reduce((a, b) => (suspicion(b) < suspicion(a) ? b : a))
    this.#detailed.splice(this.#detailed.indexOf(least), 1)
  }

  /** The most suspicious files, in the order in which they were added. */
  get detailed(): readonly Examined[] {
    return this.#detailed
  }
}
