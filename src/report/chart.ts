import { type Html, html } from './html.ts'

interface Series {
  readonly name: string
  /** Pairs of x and y in rising x; a y that is not finite interrupts the line. */
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface LineChart {
  readonly title: string
  /** `time`: x in seconds, labelled m:ss; `number`: as it is, such as training steps. */
  readonly x: 'time' | 'number'
  readonly xLabel?: string
  readonly series: readonly Series[]
  /** Range of y; what is left out comes from the data. */
  readonly min?: number
  readonly max?: number
  /** Horizontal lines with a word to each, such as thresholds. */
  readonly marks?: readonly { readonly y: number; readonly label: string }[]
  /** A shaded range of y, such as an inconclusive band. */
  readonly band?: readonly [low: number, high: number]
  readonly heightPx?: number
  /** Width that it is drawn for, 900 px unless told: a narrow chart keeps its letters large where the page is narrow. */
  readonly widthPx?: number
  /** Most points a line keeps. */
  readonly mostPoints?: number
  /** Powers of ten evenly up the page; values must be above 0. */
  readonly logarithmic?: boolean
}

const WIDTH = 900
/** Room for a label of the x axis. */
const LABEL_PX = 90
const EDGE = { left: 52, right: 12, top: 10, bottom: 30 }
const COLOURS = 6
const MOST_POINTS = 900
/** Where a logarithmic axis has its labels within each power of ten. */
const LOG_TICKS = [1, 2, 5]

/** Round steps (1, 2 or 5 times a power of ten; for time also quarters of a minute) that cut `span` into about `count` pieces. */
function tickStep(span: number, count: number, time: boolean): number {
  const rough = span / count
  const nice = time && rough > 1 ? [2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200].find((step) => step >= rough) : undefined
  if (nice !== undefined) return nice
  const power = 10 ** Math.floor(Math.log10(rough))
  return ([1, 2, 5].find((step) => step * power >= rough * 0.999) ?? 10) * power
}

function ticks(low: number, high: number, step: number): number[] {
  const first = Math.ceil(low / step - 1e-9)
  return Array.from({ length: Math.max(0, Math.floor(high / step + 1e-9) - first + 1) }, (_, i) => (first + i) * step)
}

function clock(seconds: number, step: number): string {
  const digits = step < 1 ? 1 : 0
  const rest = (seconds % 60).toFixed(digits)
  return `${Math.floor(seconds / 60)}:${rest.padStart(digits === 0 ? 2 : 4, '0')}`
}

function plain(value: number, step: number): string {
  const text = value.toFixed(Math.min(6, Math.max(0, -Math.floor(Math.log10(step) + 1e-9))))
  return Math.abs(value) >= 10_000 ? Number(text).toLocaleString('en-US') : text
}

/** Keeps the lowest and the highest point of each bucket, so that a long series stays small and no spike is lost. */
function thin(points: Series['points'], most: number): Series['points'] {
  if (points.length <= most) return points
  const size = Math.ceil((points.length * 2) / most)
  const kept: (readonly [number, number])[] = []
  for (let start = 0; start < points.length; start += size) {
    const bucket = points.slice(start, start + size)
    const lowest = bucket.reduce((a, b) => (b[1] < a[1] || !Number.isFinite(a[1]) ? b : a))
    const highest = bucket.reduce((a, b) => (b[1] > a[1] || !Number.isFinite(a[1]) ? b : a))
    kept.push(...[lowest, highest].sort((a, b) => a[0] - b[0]))
  }
  return kept
}

function path(points: Series['points'], most: number, place: (x: number, y: number) => string): string {
  let pen = 'M'
  let text = ''
  for (const [x, y] of thin(points, most)) {
    if (!Number.isFinite(y)) {
      pen = 'M'
      continue
    }
    text += `${pen}${place(x, y)}`
    pen = 'L'
  }
  // A lone point would be an invisible line.
  return text.replace(/M([-\d. ]+)(?=M|$)/g, 'M$1l.01 0')
}

function extent(chart: LineChart): { x: [number, number]; y: [number, number] } {
  const all = chart.series.flatMap(({ points }) => points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y)))
  const bounds = (values: readonly number[]): [number, number] =>
    values.length === 0
      ? [0, 1]
      : values.reduce<[number, number]>(
          ([low, high], v) => [Math.min(low, v), Math.max(high, v)],
          [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
        )
  const [low, high] = bounds([...all.map(([, y]) => y), ...(chart.marks ?? []).map(({ y }) => y), ...(chart.band ?? [])])
  const room = (high - low || Math.abs(high) || 1) * 0.06
  const x = bounds(all.map(([at]) => at))
  const y: [number, number] = [chart.min ?? low - room, chart.max ?? high + room]
  return { x: x[0] === x[1] ? [x[0], x[0] + 1] : x, y: y[0] < y[1] ? y : [y[0], y[0] + 1] }
}

/** The chart with the logarithms of its values, and what its labels say of them. */
function toLogarithms(chart: LineChart): LineChart {
  const series = chart.series.map(({ name, points }) => ({
    name,
    points: points.map(([x, y]) => [x, y > 0 ? Math.log10(y) : Number.NaN] as const),
  }))
  const { min: _min, max: _max, logarithmic: _logarithmic, ...rest } = chart
  return { ...rest, series, marks: (chart.marks ?? []).map(({ y, label }) => ({ y: Math.log10(y), label })) }
}

/** Labels of the y axis: where they lie and what they say. */
function labelsY([low, high]: readonly [number, number], logarithmic: boolean): (readonly [number, string])[] {
  if (!logarithmic) {
    const step = tickStep(high - low, 5, false)
    return ticks(low, high, step).map((at) => [at, plain(at, step)])
  }
  const powers = ticks(Math.floor(low), Math.ceil(high), 1)
  const few = high - low > 2.5 ? [1] : LOG_TICKS
  const all = powers.flatMap((power) => few.map((digit) => Math.log10(digit) + power))
  return all.filter((at) => at >= low && at <= high).map((at) => [at, String(Number((10 ** at).toPrecision(1)))])
}

/** A line chart as inline SVG that follows the page's colours, with a key when there are several series. */
export function lineChart(given: LineChart): Html {
  const logarithmic = given.logarithmic === true
  const chart = logarithmic ? toLogarithms(given) : given
  const height = chart.heightPx ?? 220
  const width = chart.widthPx ?? WIDTH
  const { x, y } = extent(chart)
  const inner = { width: width - EDGE.left - EDGE.right, height: height - EDGE.top - EDGE.bottom }
  const atX = (value: number) => EDGE.left + ((value - x[0]) / (x[1] - x[0])) * inner.width
  const atY = (value: number) => EDGE.top + (1 - (Math.min(y[1], Math.max(y[0], value)) - y[0]) / (y[1] - y[0])) * inner.height
  const stepX = tickStep(x[1] - x[0], Math.floor(inner.width / LABEL_PX), chart.x === 'time')
  const bottom = EDGE.top + inner.height
  const label = (value: number) => (chart.x === 'time' ? clock(value, stepX) : plain(value, stepX))
  const n = (value: number) => value.toFixed(1)
  const gridY = labelsY(y, logarithmic).map(
    ([at, text]) => html`<line class="grid" x1="${EDGE.left}" x2="${width - EDGE.right}" y1="${n(atY(at))}" y2="${n(atY(at))}"/>
<text x="${EDGE.left - 7}" y="${n(atY(at) + 4)}" text-anchor="end">${text}</text>`,
  )
  const gridX = ticks(x[0], x[1], stepX).map(
    (at) => html`<line class="grid" x1="${n(atX(at))}" x2="${n(atX(at))}" y1="${bottom}" y2="${bottom + 4}"/>
<text x="${n(atX(at))}" y="${bottom + 17}" text-anchor="middle">${label(at)}</text>`,
  )
  const band =
    chart.band &&
    html`<rect class="band" x="${EDGE.left}" width="${inner.width}" y="${n(atY(chart.band[1]))}" height="${n(atY(chart.band[0]) - atY(chart.band[1]))}"/>`
  const marks = (chart.marks ?? []).map(
    (mark) => html`<line class="mark" x1="${EDGE.left}" x2="${width - EDGE.right}" y1="${n(atY(mark.y))}" y2="${n(atY(mark.y))}"/>
<text x="${width - EDGE.right - 4}" y="${n(atY(mark.y) - 4)}" text-anchor="end">${mark.label}</text>`,
  )
  const lines = chart.series.map(
    ({ points }, i) =>
      html`<path class="series" style="stroke:var(--s${i % COLOURS})" d="${path(points, chart.mostPoints ?? MOST_POINTS, (px, py) => `${n(atX(px))} ${n(atY(py))}`)}"/>`,
  )
  const key = chart.series.map(({ name }, i) => html`<span><i style="border-color:var(--s${i % COLOURS})"></i>${name}</span>`)
  return html`<figure class="chart"><figcaption><b>${chart.title}</b>${chart.xLabel === undefined ? undefined : ` over ${chart.xLabel}`}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${chart.title}">${band}${gridY}${gridX}${marks}${lines}</svg>
${chart.series.length > 1 ? html`<div class="key">${key}</div>` : undefined}</figure>`
}
