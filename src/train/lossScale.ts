/** How the loss of a step in half precision is multiplied, so that small gradients do not vanish: as large as goes without running over. */
export interface LossScale {
  readonly value: number
  /** Steps since it changed, or since a gradient ran over. */
  readonly sound: number
}

export const FIRST_LOSS_SCALE: LossScale = { value: 2 ** 13, sound: 0 }

const LARGEST = 2 ** 16
/** So many steps without a gradient that ran over, and it is doubled. */
const GROW_AFTER = 500

/** The scale after steps of which `sound` says whether all gradients were numbers: halved where one was not, doubled after many that were. */
export function nextLossScale(scale: LossScale, sound: readonly boolean[]): LossScale {
  if (sound.includes(false)) return { value: Math.max(1, scale.value / 2), sound: 0 }
  const steps = scale.sound + sound.length
  return steps < GROW_AFTER ? { ...scale, sound: steps } : { value: Math.min(LARGEST, scale.value * 2), sound: 0 }
}
