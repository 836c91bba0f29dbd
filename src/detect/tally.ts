import { areaUnderRoc } from '../work/statistics.ts'
import type { Calibration } from './calibration.ts'
import type { Labelled } from './labelled.ts'
import { type Metrics, measure } from './metrics.ts'
import type { Judgement } from './result.ts'

/** Figures of one set of files, worn in one way: of the files, or of the frames that were sampled from its clips (the network alone). */
export interface TallyRow extends Metrics {
  readonly set: string
  readonly level: 'frame' | 'file'
  readonly wear: string
  /** Files without a face, which are in no figure. */
  readonly noFace: number
  /** Area under the ROC curve that this wear costs, of the files that show a face worn and unworn; null where there is none to compare. */
  readonly aucDrop: number | null
}

type Kind = Judgement['kind']

interface Cell {
  readonly set: string
  readonly wear: string
  readonly kind: Kind
  /** By the path of the file; those without a face are left out. */
  readonly judged: Map<string, JudgedFile>
  noFace: number
}

interface JudgedFile {
  readonly label: Labelled['label']
  readonly probability: number
  readonly frames: readonly number[]
}

/** What is measured at a level: of all files of a cell, or of those that another has too. */
function valuesOf({ judged }: Cell, level: TallyRow['level'], also?: Cell): Record<Labelled['label'], number[]> {
  const values: Record<Labelled['label'], number[]> = { real: [], fake: [] }
  for (const [file, { label, probability, frames }] of judged) {
    if (also === undefined || also.judged.has(file)) values[label].push(...(level === 'frame' ? frames : [probability]))
  }
  return values
}

/** Name of the row for all sets together. */
const ALL = 'all sets'

/** Gathers probabilities by set, wear and kind; a number a file and one a sampled frame. */
export class Tally {
  readonly #cells = new Map<string, Cell>()
  readonly #calibration: Calibration

  constructor(calibration: Calibration) {
    this.#calibration = calibration
  }

  /** A judged file: what it says as a whole, and the highest face of each sampled frame. */
  add({ file, set, label }: Labelled, wear: string, kind: Kind, probability: number | null, frames: readonly number[]): void {
    for (const name of [set, ALL]) {
      const cell = this.#cell(name, wear, kind)
      if (probability === null) {
        cell.noFace += 1
        continue
      }
      cell.judged.set(file, { label, probability, frames })
    }
  }

  /** Figures by set, pictures apart from clips, whose bands differ; all sets together last, where there are several. */
  rows(): TallyRow[] {
    const cells = [...this.#cells.values()]
    const isOnlySet = new Set(cells.map(({ set }) => set)).size === 2
    const wears = [...new Set(cells.map(({ wear }) => wear))]
    const order = (cell: Cell) => [cell.set === ALL ? 1 : 0, cell.set, cell.kind, wears.indexOf(cell.wear)] as const
    const shown = cells.filter(({ set }) => !isOnlySet || set !== ALL).sort((a, b) => compare(order(a), order(b)))
    const rows: TallyRow[] = []
    for (const cell of shown) {
      for (const level of cell.kind === 'video' ? (['frame', 'file'] as const) : (['file'] as const)) {
        const { real, fake } = valuesOf(cell, level)
        const set = cell.kind === 'video' ? `${cell.set}, clips` : `${cell.set}, pictures`
        const metrics = measure(real, fake, this.#calibration[cell.kind])
        const unworn = shown.find((other) => other.set === cell.set && other.kind === cell.kind)!
        const [before, after] = [valuesOf(unworn, level, cell), valuesOf(cell, level, unworn)].map((one) =>
          areaUnderRoc(one.real, one.fake),
        )
        const aucDrop = unworn === cell || before == null || after == null ? null : before - after
        rows.push({ set, level, wear: cell.wear, ...metrics, noFace: cell.noFace, aucDrop })
      }
    }
    return rows
  }

  #cell(set: string, wear: string, kind: Kind): Cell {
    const key = JSON.stringify([set, wear, kind])
    const cell = this.#cells.get(key) ?? { set, wear, kind, judged: new Map(), noFace: 0 }
    this.#cells.set(key, cell)
    return cell
  }
}

function compare(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  for (const [i, value] of a.entries()) {
    const other = b[i]!
    if (value !== other) return value < other ? -1 : 1
  }
  return 0
}
