import { IDENTITY_GAIN, SHARPNESS_GAIN, SSIM_GAIN, stretchOf, swapIdentity, trendOf, unseenSharpness, unseenSsim } from './trend.ts'
import type { ValidationRecord } from './validations.ts'

/**
 * Why training may stop: unseen faces have gained nothing over the last stretch. Undefined while they gain, or while too
 * little is known. Validations count from when all that is planned has begun: the average of the weights, and the discriminator.
 */
export function plateauOf(history: readonly ValidationRecord[]): string | undefined {
  const counted = history.filter(({ phase }) => phase.average && (phase.gan || phase.ganWeight === 0))
  const ssim = trendOf(counted, unseenSsim)
  const sharpness = trendOf(counted, unseenSharpness)
  if (ssim === undefined || sharpness === undefined) return undefined
  const identity = trendOf(counted, swapIdentity)
  const gained = ssim.gain >= SSIM_GAIN || sharpness.gain >= SHARPNESS_GAIN || (identity?.gain ?? 0) >= IDENTITY_GAIN
  if (gained) return undefined
  const stretch = stretchOf(counted.length)
  const steps = counted.at(-1)!.step - counted.at(-1 - stretch)!.step
  const parts = [
    `SSIM ${ssim.before.toFixed(3)} → ${ssim.now.toFixed(3)}`,
    ...(identity ? [`identity ${identity.before.toFixed(2)} → ${identity.now.toFixed(2)}`] : []),
    `sharpness ${sharpness.before.toFixed(2)} → ${sharpness.now.toFixed(2)}`,
  ]
  return `plateau: no gain on unseen faces in the last ${stretch} validations (${steps} steps): ${parts.join(', ')}`
}
