import { type Html, html, lineChart } from '../report/page.ts'
import type { LogEntry } from './stats.ts'
import type { ValidationRecord } from './validations.ts'

const COMMON = { x: 'number', xLabel: 'steps', heightPx: 190, widthPx: 440, mostPoints: 500 } as const
/** Of a log line, what is no loss. */
const NO_LOSS = new Set(['step', 'rate', 'augment', 'ganWeight', 'swapWeight', 'stepMs', 'elapsedMs', 'waitShare'])
/** Losses whose scale is that of cross-entropy. */
const CONTEST = new Set(['adversarial', 'discriminator', 'codeDiscriminator'])

type Points = (readonly [number, number])[]
type Series = { readonly name: string; readonly points: Points }

/** All curves of a run over its steps. */
export function charts(stats: readonly LogEntry[], validations: readonly ValidationRecord[]): Html {
  return html`<div class="pairs">${[...validationCharts(validations), ...lossCharts(stats), ...speedCharts(stats)]}</div>`
}

function validationCharts(validations: readonly ValidationRecord[]): Html[] {
  const last = validations.at(-1)
  if (last === undefined) return []
  const of = (name: string, value: (record: ValidationRecord['validation']) => number | null): Series => ({
    name,
    points: validations.map(({ step, validation }) => [step, value(validation) ?? Number.NaN] as const),
  })
  const both = (measure: 'ssim' | 'psnr' | 'sharpness') => [
    of('source', ({ source }) => source[measure]),
    of('target', ({ target }) => target[measure]),
  ]
  const { source, target } = last.validation
  const all = [
    {
      title: 'SSIM of unseen faces',
      series: both('ssim'),
      marks: [
        { y: source.mean.ssim, label: 'source, always the mean face', series: 0 },
        { y: target.mean.ssim, label: 'target, always the mean face', series: 1 },
      ],
    },
    { title: 'PSNR of unseen faces, dB', series: both('psnr') },
    { title: 'Sharpness of unseen faces (1: the real ones)', series: both('sharpness'), min: 0 },
    {
      title: 'Identity of the swap by training’s recogniser (0: target, 1: source)',
      series: [of('identity', ({ swap }) => swap.identity)],
    },
    {
      title: 'Movement of the swap',
      series: [
        of('motion error', ({ swap }) => swap.motion),
        of('mouth r', ({ swap }) => swap.mouthR),
        of('eyes r', ({ swap }) => swap.eyesR),
      ],
    },
    { title: 'Pose of the swap, degrees off', series: [of('pose', ({ swap }) => swap.pose)], min: 0 },
  ]
  return all.filter(({ series }) => hasPoints(series)).map((chart) => lineChart({ ...COMMON, ...chart }))
}

function lossCharts(stats: readonly LogEntry[]): Html[] {
  const names = [...new Set(stats.flatMap((entry) => Object.keys(entry)))].filter((name) => !NO_LOSS.has(name))
  const contest = names.filter((name) => CONTEST.has(name))
  return [
    lineChart({
      ...COMMON,
      title: 'Losses on training faces',
      logarithmic: true,
      series: names.filter((name) => !CONTEST.has(name)).map((name) => logged(stats, name)),
    }),
    ...(contest.length === 0
      ? []
      : [
          lineChart({
            ...COMMON,
            title: 'Adversarial losses (0.69: guessing)',
            min: 0,
            series: contest.map((name) => logged(stats, name)),
          }),
        ]),
    lineChart({ ...COMMON, title: 'Learning rate', min: 0, series: [logged(stats, 'rate')] }),
  ]
}

function speedCharts(stats: readonly LogEntry[]): Html[] {
  const wait = logged(stats, 'waitShare')
  return [
    lineChart({ ...COMMON, title: 'Milliseconds a step', min: 0, series: [logged(stats, 'stepMs')] }),
    ...(hasPoints([wait]) ? [lineChart({ ...COMMON, title: 'Share of a step that waits for faces', min: 0, series: [wait] })] : []),
  ]
}

function logged(stats: readonly LogEntry[], name: string): Series {
  const points = stats.flatMap((entry): Points => {
    const value = (entry as unknown as Readonly<Record<string, number>>)[name]
    return value === undefined ? [] : [[entry.step, value]]
  })
  return { name, points }
}

function hasPoints(series: readonly Series[]): boolean {
  return series.some(({ points }) => points.some(([, y]) => Number.isFinite(y)))
}
