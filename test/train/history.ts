import type { LogEntry } from '../../src/train/stats.ts'
import type { ValidationRecord } from '../../src/train/validations.ts'

/** What a made-up validation says; both people get the same numbers. */
export interface Said {
  readonly ssim: number
  readonly sharpness?: number
  readonly identity?: number | null
  readonly warp?: number
  readonly average?: boolean
  readonly gan?: boolean
  readonly ganWeight?: number
}

/** A made-up history with a validation each 500 steps. */
export function historyOf(said: readonly Said[]): ValidationRecord[] {
  return said.map(({ ssim, sharpness = 0.6, identity = 0.5, warp = 0.15, average = true, gan = false, ganWeight = 0 }, i) => {
    const likeness = { ssim, error: 0.02, psnr: 30, sharpness }
    const person = { ...likeness, faces: 50, mean: { ssim: 0.85, error: 0.04, psnr: 25, sharpness: 0.5 } }
    return {
      step: 500 * (i + 1),
      validation: { source: person, target: person, swap: { identity, pose: 2, motion: 0.6, mouthR: 0.9, eyesR: 0.5, faces: 50 } },
      advice: [],
      elapsedMs: 50_000 * (i + 1),
      phase: { warp, average, gan, ganWeight },
      ms: 1000,
    }
  })
}

/** Log lines each 50 steps up to `steps`, of which `loss` says the reconstruction loss, half of it each person's. */
export function statsOf(steps: number, loss: (step: number) => number, more: Partial<LogEntry> = {}): LogEntry[] {
  return Array.from({ length: steps / 50 }, (_, i) => {
    const step = 50 * (i + 1)
    return {
      step,
      loss: loss(step),
      source: loss(step) / 2,
      target: loss(step) / 2,
      rate: 4e-4,
      augment: 0.15,
      stepMs: 100,
      waitShare: 0,
      elapsedMs: 100 * step,
      ...more,
    }
  })
}
