import { clock, labelsY, plain, tickStep, ticks } from './axes.ts'
import { type Html, html } from './html.ts'

interface Series {
  readonly name: string
  /** Pairs of x and y in rising x; a y that is not finite interrupts the line. */
  readonly points: readonly (readonly [x: number, y: number])[]
}

interface Mark {
  readonly y: number
  readonly label: string
  readonly series?: number
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
  /** Dashed horizontal lines, such as thresholds, named in the key; `series`: by its place, the one that a line belongs to and has its colour from. */
  readonly marks?: readonly Mark[]
  /** A shaded range of y, such as an inconclusive band, named in the key. */
  readonly band?: { readonly low: number; readonly high: number; readonly label: string }
  readonly heightPx?: number
  /** Width that it is drawn for, 900 px unless told: a narrow chart keeps its letters large where the page is narrow. */
  readonly widthPx?: number
  /** Most points a line keeps. */
  readonly mostPoints?: number
  /** Powers of ten evenly up the page; values must be above 0. */
  readonly logarithmic?: boolean
}

const WIDTH = 900
/** Wider charts need larger letters where the page is narrow. */
const NARROW = 600
/** Room for a label of the x axis. */
const LABEL_PX = 90
const EDGE = { left: 52, right: 12, top: 10, bottom: 30 }
const COLOURS = 6
const MOST_POINTS = 900
/** A line of so few points shows each of them. */
const DOTTED = 16

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

/** Pieces of a line between its gaps. */
function pieces(points: Series['points']): Series['points'][] {
  const all: (readonly [number, number])[][] = [[]]
  for (const point of points) {
    if (Number.isFinite(point[1])) all.at(-1)!.push(point)
    else all.push([])
  }
  return all.filter((piece) => piece.length > 0)
}

/** A line, dashed where its colour is another's already, and a dot for every point where there are few, or where it would be invisible: alone between gaps. */
function curve({ points }: Series, number: number, most: number, place: (x: number, y: number) => readonly [string, string]): Html {
  const colour = number % COLOURS
  const drawn = pieces(thin(points, most))
  const path = drawn.map((piece) => `M${piece.map(([x, y]) => place(x, y).join(' ')).join('L')}`).join('')
  const isShort = drawn.flat().length <= DOTTED
  const dots = drawn
    .filter((piece) => isShort || piece.length === 1)
    .flat()
    .map(([x, y]) => place(x, y))
    .map(([x, y]) => html`<circle class="dot" style="fill:var(--s${colour})" cx="${x}" cy="${y}" r="3"/>`)
  return html`<path class="series${number < COLOURS ? '' : ' again'}" style="stroke:var(--s${colour})" d="${path}"/>${dots}`
}

/** An axis with one value in its middle; 0 stands at its beginning. */
function around(x: number): [number, number] {
  return x === 0 ? [0, 1] : [Math.min(0, 2 * x), Math.max(0, 2 * x)]
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
  const [low, high] = bounds([
    ...all.map(([, y]) => y),
    ...(chart.marks ?? []).map(({ y }) => y),
    ...(chart.band === undefined ? [] : [chart.band.low, chart.band.high]),
  ])
  const room = (high - low || Math.abs(high) || 1) * 0.06
  const x = bounds(all.map(([at]) => at))
  const y: [number, number] = [chart.min ?? low - room, chart.max ?? high + room]
  return { x: x[0] === x[1] ? around(x[0]) : x, y: y[0] < y[1] ? y : [y[0], y[0] + 1] }
}

/** The chart with the logarithms of its values, and what its labels say of them. */
function toLogarithms(chart: LineChart): LineChart {
  const series = chart.series.map(({ name, points }) => ({
    name,
    points: points.map(([x, y]) => [x, y > 0 ? Math.log10(y) : Number.NaN] as const),
  }))
  const { min: _min, max: _max, logarithmic: _logarithmic, ...rest } = chart
  return { ...rest, series, marks: (chart.marks ?? []).map((mark) => ({ ...mark, y: Math.log10(mark.y) })) }
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
<text x="${EDGE.left - 7}" y="${n(atY(at))}" dy=".35em" text-anchor="end">${text}</text>`,
  )
  const gridX = ticks(x[0], x[1], stepX).map(
    (at) => html`<line class="grid" x1="${n(atX(at))}" x2="${n(atX(at))}" y1="${bottom}" y2="${bottom + 4}"/>
<text x="${n(atX(at))}" y="${bottom + 7}" dy=".8em" text-anchor="middle">${label(at)}</text>`,
  )
  const band =
    chart.band &&
    html`<rect class="band" x="${EDGE.left}" width="${inner.width}" y="${n(atY(chart.band.high))}" height="${n(atY(chart.band.low) - atY(chart.band.high))}"/>`
  const marks = (chart.marks ?? []).map(
    (mark) =>
      html`<line class="mark"${styleOf('stroke', mark)} x1="${EDGE.left}" x2="${width - EDGE.right}" y1="${n(atY(mark.y))}" y2="${n(atY(mark.y))}"/>`,
  )
  const most = chart.mostPoints ?? MOST_POINTS
  const lines = chart.series.map((series, i) => curve(series, i, most, (px, py) => [n(atX(px)), n(atY(py))]))
  return html`<figure class="chart${width > NARROW ? ' wide' : ''}"><figcaption><b>${chart.title}</b>${chart.xLabel === undefined ? undefined : ` over ${chart.xLabel}`}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${chart.title}">${band}${gridY}${gridX}${marks}${lines}</svg>
${keyOf(chart)}</figure>`
}

/** The colour of the series that a mark belongs to. */
function styleOf(property: string, { series }: Mark): Html | undefined {
  return series === undefined ? undefined : html` style="${property}:var(--s${series % COLOURS})"`
}

/** What each line, mark and band is; nothing where there is but one line, which the title names. */
function keyOf({ series, marks = [], band }: LineChart): Html | undefined {
  if (series.length + marks.length < 2 && band === undefined) return undefined
  const names = series.map(
    ({ name }, i) =>
      html`<span><i${i < COLOURS ? undefined : html` class="again"`} style="border-color:var(--s${i % COLOURS})"></i>${name}</span>`,
  )
  const lines = marks.map((mark) => html`<span><i class="dashed"${styleOf('border-color', mark)}></i>${mark.label}</span>`)
  const area = band && html`<span><i class="area"></i>${band.label}</span>`
  return html`<div class="key">${names}${lines}${area}</div>`
}
