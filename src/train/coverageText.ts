import { PEOPLE, type Person } from '../models/generator.ts'
import { wrappedWarning } from '../work/wrapped.ts'
import type { Coverage, Histogram } from './coverage.ts'
import type { TrainOptions } from './options.ts'
import { percent } from './shortcomings.ts'

/** Widest bar of the drawn histograms, in characters: two beside each other fit into 80 columns. */
const BAR = 18

/** The numbers and both histograms as lines of text, a bar per person. */
export function describeCoverage(coverage: Coverage): string {
  const { source, target, covered } = coverage
  const line = (person: Person) => {
    const { faces, mouthOpen, eyesClosed } = coverage[person]
    return `  ${person}  ${String(faces).padStart(6)} faces, ${mouthOpen} with an open mouth, ${eyesClosed} with closed eyes`
  }
  const axes = (['yaw', 'pitch'] as const).flatMap((axis) => [
    `  ${axis.padEnd(12)}  ${'source'.padEnd(BAR + 7)}  target`,
    ...rows(source[axis], target[axis]),
  ])
  return ['is trained on', ...PEOPLE.map(line), ...axes, `  the source's faces cover ${percent(covered)} of the target's poses`].join('\n')
}

function rows(source: Histogram, target: Histogram): string[] {
  const filled = source.counts.flatMap((count, bin) => (count + target.counts[bin]! > 0 ? [bin] : []))
  const bar = ({ counts }: Histogram, bin: number) => {
    const length = Math.ceil((BAR * counts[bin]!) / Math.max(1, ...counts))
    return `${String(counts[bin]).padStart(6)} ${'█'.repeat(length).padEnd(BAR)}`
  }
  return Array.from({ length: filled.at(-1)! - filled[0]! + 1 }, (_, i) => {
    const bin = filled[0]! + i
    const from = source.from + bin * source.step
    const range = `${from}° to ${from + source.step}°`
    return `  ${range.padStart(12)}  ${bar(source, bin)}  ${bar(target, bin)}`.trimEnd()
  })
}

/** Says, before the first step, what the facesets show and lack. */
export function tellCoverage(coverage: Coverage, { onNote, onWarning }: Pick<TrainOptions, 'onNote' | 'onWarning'>): void {
  onNote?.(describeCoverage(coverage))
  for (const warning of coverage.warnings) onWarning?.(wrappedWarning(warning))
}
