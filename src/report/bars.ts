import { type Html, html } from './html.ts'

export interface Histogram {
  readonly title: string
  /** Where the first bin begins and how wide each is. */
  readonly from: number
  readonly step: number
  readonly unit: string
  /** Counts a bin; series may differ in length and in total, which is why shares are drawn. */
  readonly series: readonly { readonly name: string; readonly counts: readonly number[] }[]
}

const WIDTH = 440
const HEIGHT = 170
const EDGE = { left: 8, right: 8, top: 8, bottom: 24 }
/** Labels along the axis, at most. */
const MOST_LABELS = 8

/** Histograms of several series beside each other in each bin, as shares of each series' total. */
export function histogram({ title, from, step, unit, series }: Histogram): Html {
  const bins = Math.max(1, ...series.map(({ counts }) => counts.length))
  const shares = series.map(({ counts }) => {
    const total = counts.reduce((sum, count) => sum + count, 0)
    return counts.map((count) => (total === 0 ? 0 : count / total))
  })
  const most = Math.max(0.01, ...shares.flat())
  const inner = { width: WIDTH - EDGE.left - EDGE.right, height: HEIGHT - EDGE.top - EDGE.bottom }
  const binPx = inner.width / bins
  const barPx = (binPx * 0.86) / series.length
  const n = (value: number) => value.toFixed(1)
  const bars = shares.map((of, s) =>
    of.map((share, bin) => {
      const height = (share / most) * inner.height
      const x = EDGE.left + bin * binPx + binPx * 0.07 + s * barPx
      const what = `${series[s]!.name}: ${(100 * share).toFixed(1)} % from ${label(from + bin * step)} to ${label(from + (bin + 1) * step)}${unit}`
      return html`<rect style="fill:var(--s${s})" x="${n(x)}" y="${n(EDGE.top + inner.height - height)}" width="${n(barPx)}" height="${n(height)}"><title>${what}</title></rect>`
    }),
  )
  const every = Math.max(1, Math.ceil(bins / MOST_LABELS))
  const labels = Array.from({ length: bins + 1 }, (_, i) => i)
    .filter((i) => i % every === 0)
    .map((i) => html`<text x="${n(EDGE.left + i * binPx)}" y="${HEIGHT - 7}" text-anchor="middle">${label(from + i * step)}</text>`)
  const base = EDGE.top + inner.height
  const key = series.map(({ name }, s) => html`<span><i style="border-color:var(--s${s})"></i>${name}</span>`)
  return html`<figure class="chart"><figcaption><b>${title}</b>${unit === '' ? undefined : `, ${unit}`}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}"><line class="grid" x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${base}" y2="${base}"/>${bars.flat()}${labels}</svg>
<div class="key">${key}</div></figure>`
}

function label(value: number): string {
  return String(Number(value.toFixed(2)))
}
