import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type Html, histogram, html, paragraph } from '../report/page.ts'
import type { Run } from '../store/checkpoint.ts'

const bins = z.object({ from: z.number(), step: z.number(), counts: z.array(z.number()).max(500) })
const measures = ['yaw', 'pitch', 'mouthOpen', 'eyesClosed'] as const
const person = z.object({
  faces: z.number(),
  yaw: bins.optional(),
  pitch: bins.optional(),
  mouthOpen: bins.optional(),
  eyesClosed: bins.optional(),
})
const coverage = z.object({ source: person, target: person, covered: z.number().optional(), warnings: z.array(z.string()).default([]) })

/** `coverage.json`: which poses and expressions both facesets hold. */
export type Coverage = z.output<typeof coverage>

const TITLES: Record<(typeof measures)[number], readonly [title: string, unit: string]> = {
  yaw: ['Yaw', '°'],
  pitch: ['Pitch', '°'],
  mouthOpen: ['Mouth opening', ''],
  eyesClosed: ['Eyes closed', ''],
}

/** Reads `coverage.json` of a run; undefined where it has none that the page understands. */
export async function readCoverage(run: Pick<Run, 'folder'>): Promise<Coverage | undefined> {
  const text = await readFile(join(run.folder, 'coverage.json'), 'utf8').catch(() => 'null')
  try {
    return coverage.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** Histograms of both facesets, source beside target. */
export function coverageSection({ source, target, covered, warnings }: Coverage): Html[] {
  const share =
    covered === undefined ? '' : ` The source's faces cover ${(100 * covered).toFixed(0)} % of the target's poses and expressions.`
  const charts = measures.flatMap((measure) => {
    const [own, other] = [source[measure], target[measure]]
    if (own === undefined || other === undefined) return []
    const [title, unit] = TITLES[measure]
    const series = [
      { name: 'source', counts: own.counts },
      { name: 'target', counts: other.counts },
    ]
    return [histogram({ title, unit, from: own.from, step: own.step, series })]
  })
  return [
    paragraph(`${source.faces} faces of the source, ${target.faces} of the target.${share}`),
    ...warnings.map((warning) => paragraph(`Note: ${warning}`)),
    html`<div class="pairs">${charts}</div>`,
  ]
}
