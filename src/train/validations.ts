import { join } from 'node:path'
import { z } from 'zod'
import { PEOPLE } from '../models/generator.ts'
import type { Run } from '../store/checkpoint.ts'
import { appendJsonl, readJsonl } from '../store/jsonl.ts'
import type { Validation } from './validation.ts'

const number = z.number()
const likeness = z.object({ ssim: number, error: number, psnr: number, sharpness: number })
const person = likeness.extend({ faces: number, mean: likeness })
const maybe = number.nullable()

const recordSchema = z.object({
  step: z.int(),
  validation: z.object({
    source: person,
    target: person,
    swap: z.object({ identity: maybe, pose: maybe, motion: maybe, mouthR: maybe, eyesR: maybe, faces: number }),
  }),
  /** What changed in the advice; see advice.ts. */
  advice: z.array(z.string()),
  elapsedMs: number,
  /** Where the schedule is: strength of the augmentation, whether weights are averaged, the discriminator and its weight in full. */
  phase: z.object({ warp: number, average: z.boolean(), gan: z.boolean(), ganWeight: number }),
  /** What the validation took. */
  ms: number,
})

/** A line of `validations.jsonl`. */
export type ValidationRecord = z.output<typeof recordSchema>

/** What was validated so far, oldest first. */
export async function readValidations(run: Run): Promise<ValidationRecord[]> {
  return readJsonl(join(run.folder, 'validations.jsonl'), recordSchema)
}

/** Appends a line to `validations.jsonl`. */
export async function appendValidation(run: Run, record: ValidationRecord): Promise<void> {
  await appendJsonl(join(run.folder, 'validations.jsonl'), record)
}

/** Said beside the first identity that is printed, and the last: two lines of at most 80 columns. */
export const IDENTITY_JUDGE =
  "  identity is by training's own recogniser (face-api's): a curve, no grade;\n  dfk score judges by another, whose identity is mostly lower"

/** A person a line, with the mean face that must be beaten, and the swap; at most 80 columns. */
export function describeValidation({ swap, ...people }: Validation): string {
  const lines = PEOPLE.map((person) => {
    const { ssim, psnr, error, sharpness, mean } = people[person]
    const beaten = ssim > mean.ssim && error < mean.error
    const verdict = beaten ? `mean face ${mean.ssim.toFixed(3)}` : `mean face ${mean.ssim.toFixed(3)}: not beaten yet`
    return `${person}: SSIM ${ssim.toFixed(3)} (${verdict}), ${psnr.toFixed(1)} dB, sharpness ${sharpness.toFixed(2)}`
  })
  return [...lines, describeSwap(swap), IDENTITY_JUDGE].join('\n')
}

/** One validation while training goes on: two lines of at most 80 columns. */
export function describeStep({ step, validation: { source, target, swap } }: ValidationRecord): string {
  const both = (of: 'ssim' | 'psnr' | 'sharpness', digits: number) => `${source[of].toFixed(digits)}/${target[of].toFixed(digits)}`
  const unseen = `SSIM ${both('ssim', 3)}, ${both('psnr', 1)} dB, sharpness ${both('sharpness', 2)}`
  return `step ${step}, unseen: ${unseen}\n  ${describeSwap(swap)}`
}

function describeSwap({ identity, pose, motion, mouthR, eyesR, faces }: Validation['swap']): string {
  if (faces === 0) return 'swap: no landmarks found in it'
  const text = (value: number | null, digits: number) => (value === null ? '–' : value.toFixed(digits))
  return `swap: identity ${text(identity, 2)}, pose ${text(pose, 1)}°, motion ${text(motion, 2)}, mouth r ${text(mouthR, 2)}, eyes r ${text(eyesR, 2)}`
}
