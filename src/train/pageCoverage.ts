import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type Html, histogram, html, paragraph } from '../report/page.ts'
import type { Run } from '../store/checkpoint.ts'
import type { Coverage } from './coverage.ts'

const bins = z.object({ from: z.number(), step: z.number(), counts: z.array(z.number()).max(500) })
const measures = ['yaw', 'pitch'] as const
const person = z.object({
  faces: z.number(),
  yaw: bins,
  pitch: bins,
  mouthOpen: z.number(),
  eyesClosed: z.number(),
})
const coverage = z.object({ source: person, target: person, covered: z.number(), warnings: z.array(z.string()) })

/** `coverage.json`, as coverage.ts makes it. */
export type ShownCoverage = z.output<typeof coverage> & Coverage

const TITLES: Record<(typeof measures)[number], readonly [title: string, unit: string]> = {
  yaw: ['Yaw', '°'],
  pitch: ['Pitch', '°'],
}

/** Reads `coverage.json` of a run; undefined where it has none that the page understands. */
export async function readCoverage(run: Pick<Run, 'folder'>): Promise<ShownCoverage | undefined> {
  const text = await readFile(join(run.folder, 'coverage.json'), 'utf8').catch(() => 'null')
  try {
    return coverage.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** Histograms of both facesets, source beside target. */
export function coverageSection({ source, target, covered, warnings }: ShownCoverage): Html[] {
  const share = `The source's faces cover ${(100 * covered).toFixed(0)} % of the target's poses.`
  const expressions = [source, target].map(({ mouthOpen, eyesClosed }) => `an open mouth in ${mouthOpen}, closed eyes in ${eyesClosed}`)
  const charts = measures.map((measure) => {
    const [own, other] = [source[measure], target[measure]]
    const [title, unit] = TITLES[measure]
    const series = [
      { name: 'source', counts: own.counts },
      { name: 'target', counts: other.counts },
    ]
    return histogram({ title, unit, from: own.from, step: own.step, series })
  })
  return [
    paragraph(`${source.faces} faces of the source (${expressions[0]}), ${target.faces} of the target (${expressions[1]}). ${share}`),
    ...warnings.map((warning) => paragraph(`Note: ${warning}`)),
    html`<div class="pairs">${charts}</div>`,
  ]
}
