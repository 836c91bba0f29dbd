import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { cards, type Html, html, paragraph, renderPage, table } from '../report/page.ts'
import type { Run } from '../store/checkpoint.ts'
import { writeWhole } from '../work/whole.ts'
import { standingAdvice } from './advice.ts'
import { charts } from './pageCharts.ts'
import { coverageSection, readCoverage, type ShownCoverage } from './pageCoverage.ts'
import { PREVIEW_SCRIPT, previewSlider } from './pagePreviews.ts'
import { usualOf } from './settings.ts'
import type { LogEntry } from './stats.ts'
import type { ValidationRecord } from './validations.ts'

/** What the page shows. */
export interface TrainPage {
  readonly validations: readonly ValidationRecord[]
  readonly stats: readonly LogEntry[]
  /** Names of the pictures in `previews/`, oldest first. */
  readonly previews: readonly string[]
  readonly coverage?: ShownCoverage | undefined
  /** No training holds the run any more: the page no longer changes. */
  readonly ended: boolean
}

const RELOAD_S = 30

/** Writes `train.html` into the run's folder, beside its place and renamed. */
export async function writeTrainPage(run: Run, page: Omit<TrainPage, 'previews' | 'coverage'>): Promise<void> {
  const names = await readdir(join(run.folder, 'previews')).catch(() => [] as string[])
  const previews = names.filter((name) => /^step-\d+\.png$/.test(name)).sort((a, b) => stepOf(a) - stepOf(b))
  const coverage = await readCoverage(run)
  await writeWhole(join(run.folder, 'train.html'), renderTrainPage(run, { ...page, previews, coverage }))
}

function stepOf(preview: string): number {
  return Number(/\d+/.exec(preview)![0])
}

/** The page of a run: one file that needs nothing but the pictures in `previews/`, of bounded size however long the run. */
export function renderTrainPage({ name, config }: Pick<Run, 'name' | 'config'>, page: TrainPage): string {
  const { validations, stats, previews, coverage, ended } = page
  const step = Math.max(stats.at(-1)?.step ?? 0, validations.at(-1)?.step ?? 0)
  const advice = standingAdvice({ validations, stats, usual: usualOf(config) })
  return renderPage({
    title: `Training ${name}`,
    subtitle: `${config.source.dataset} drawn over ${config.target.dataset} · ${config.preset}, ${config.sizePx} px · step ${step}${ended ? '' : ' · training, reloads by itself'}`,
    ...(ended ? {} : { reloadS: RELOAD_S }),
    script: PREVIEW_SCRIPT,
    sections: [
      { body: [summary(page), ...advice.map((text) => paragraph(text))] },
      ...(previews.length === 0
        ? []
        : [{ title: 'Unseen faces over time', body: previewSlider(previews.map((file) => ({ file, step: stepOf(file) }))) }]),
      ...(stats.length === 0 ? [] : [{ title: 'Curves', body: charts(stats, validations) }]),
      ...(said(validations).length === 0 ? [] : [{ title: 'What the log advised', body: table(['step', 'advice'], said(validations)) }]),
      ...(coverage === undefined ? [] : [{ title: 'The facesets', body: coverageSection(coverage) }]),
      { title: 'Settings', body: settings(config) },
    ],
    footer: html`Made by dfk train. The measures are defined in docs/training.md; all of them are on faces that training never sees. Identity is by training’s own recogniser (face-api’s), a curve and no grade; dfk score judges by another, whose identity is mostly lower.`,
  })
}

const MOST_ADVICE = 50

/** Advice as it changed, newest first. */
function said(validations: readonly ValidationRecord[]): (readonly [number, string])[] {
  return validations
    .flatMap(({ step, advice }) => advice.map((text) => [step, text] as const))
    .slice(-MOST_ADVICE)
    .reverse()
}

function summary({ validations }: TrainPage): Html {
  const last = validations.at(-1)
  if (last === undefined) return paragraph('Nothing has been validated yet.', true)
  const { source, target, swap } = last.validation
  const text = (value: number | null, digits: number, unit = '') => (value === null ? '–' : `${value.toFixed(digits)}${unit}`)
  const of = (person: typeof source, label: string) => ({
    label,
    value: person.ssim.toFixed(3),
    note: `SSIM; always the mean face: ${person.mean.ssim.toFixed(3)}. ${person.psnr.toFixed(1)} dB, sharpness ${person.sharpness.toFixed(2)}`,
    tone: person.ssim > person.mean.ssim ? ('good' as const) : ('warn' as const),
  })
  return cards([
    of(source, 'source'),
    of(target, 'target'),
    { label: 'identity', value: text(swap.identity, 2), note: 'of the swap: 0 target, 1 source; not by dfk score’s recogniser' },
    { label: 'pose', value: text(swap.pose, 1, '°'), note: 'off the target’s' },
    { label: 'motion error', value: text(swap.motion, 2), note: '0 follows, 1 is frozen' },
    { label: 'mouth r', value: text(swap.mouthR, 2), note: `follows its opening; eyes r ${text(swap.eyesR, 2)}` },
  ])
}

/** The run's settings, one a row; descriptors and hashes are left out. */
function settings({ source, target, ...rest }: Run['config']): Html {
  const people = { source: `${source.dataset}, ${source.faces} faces`, target: `${target.dataset}, ${target.faces} faces` }
  return table(['setting', 'value'], flat({ ...people, ...rest }))
}

function flat(value: object, prefix = ''): [string, string][] {
  return Object.entries(value).flatMap(([key, inner]): [string, string][] => {
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) return flat(inner, `${prefix}${key}.`)
    return [[prefix + key, Array.isArray(inner) ? inner.join(', ') : String(inner)]]
  })
}
