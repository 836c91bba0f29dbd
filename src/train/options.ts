import type { FreeBytes } from '../store/room.ts'
import type { WorkOptions } from '../work/progress.ts'
import type { Plan } from './schedule.ts'
import type { LogEntry } from './stats.ts'
import type { Validation } from './validation.ts'
import type { ValidationRecord } from './validations.ts'

/** How far a run is trained, what is kept of it on the way, and who is told. */
export interface TrainOptions extends WorkOptions {
  readonly plan: Plan
  readonly saveEvery: number
  /** How many of the newest checkpoints stay (default: 2), and steps between those that stay for good (default: none do). */
  readonly keep?: number
  readonly milestoneEvery?: number
  readonly previewEvery: number
  /** What says how much room the disk has; default: the system. */
  readonly freeBytes?: FreeBytes | undefined
  /** Steps between validations; as often as previews where it is left out. */
  readonly validateEvery?: number | undefined
  /** Stop before the plan is done, where unseen faces gain nothing any more. */
  readonly until?: 'plateau' | undefined
  readonly onLog?: (entry: LogEntry) => void
  readonly onValidation?: (record: ValidationRecord) => void
  readonly onWarning?: (message: string) => void
  readonly onNote?: (message: string) => void
}

/** What a training came to. */
export interface TrainResult {
  readonly run: string
  readonly step: number
  readonly checkpoint: string
  readonly preview: string
  /** The run's `train.html`. */
  readonly page: string
  readonly validation: Validation
  /** Why training stopped before its plan was done. */
  readonly stopped?: string
}
