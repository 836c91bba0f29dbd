/** Which checkpoints of a run stay. */
export interface Retention {
  /** How many of the newest. */
  readonly keep: number
  /** Steps between checkpoints on schedule. */
  readonly saveEvery: number
  /** Steps between checkpoints that stay for good; 0: none. */
  readonly milestoneEvery: number
}

/** Whether the checkpoint after `step` steps stays for good. */
export function isMilestone(step: number, { milestoneEvery }: Retention): boolean {
  return milestoneEvery > 0 && step > 0 && step % milestoneEvery === 0
}

/** Whether a checkpoint is due after `step` steps. Others come from Ctrl-C and from the end of a training, wherever that is. */
export function isScheduled(step: number, retention: Retention): boolean {
  return step % retention.saveEvery === 0 || isMilestone(step, retention)
}

/**
 * Of a run's steps with a checkpoint those that stay: the newest `keep`, as many of the newest on schedule, and milestones. Those on
 * schedule are what a setback goes back to, so that a Ctrl-C in between changes nothing of what comes of the run.
 */
export function keptSteps(steps: readonly number[], retention: Retention): number[] {
  const newest = [...steps].sort((a, b) => b - a)
  const scheduled = newest.filter((step) => isScheduled(step, retention)).slice(0, retention.keep)
  const kept = new Set([...newest.slice(0, retention.keep), ...scheduled, ...steps.filter((step) => isMilestone(step, retention))])
  return newest.filter((step) => kept.has(step))
}

/** The most checkpoints that a training up to `lastStep` keeps at once from `firstStep` on, milestones included; undefined: nobody knows the end. */
export function mostKept(retention: Retention, firstStep: number, lastStep: number | undefined): number {
  const { keep, milestoneEvery } = retention
  if (milestoneEvery === 0 || lastStep === undefined) return keep
  return keep + Math.max(0, Math.floor(lastStep / milestoneEvery) - Math.floor(firstStep / milestoneEvery))
}
