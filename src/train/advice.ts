import { mean } from '../work/statistics.ts'
import type { LogEntry } from './stats.ts'
import { SHARPNESS_GAIN, SSIM_GAIN, smoothed, stretchOf, swapIdentity, type Trend, trendOf, unseenSharpness, unseenSsim } from './trend.ts'
import type { ValidationRecord } from './validations.ts'

/** What there is to judge by, oldest first. */
export interface Course {
  readonly validations: readonly ValidationRecord[]
  readonly stats: readonly LogEntry[]
  /** What to try where nothing else is known: see usualOf in settings.ts. */
  readonly usual: { readonly augmentation: number; readonly adversarialWeight: number }
}

/** A piece of advice; `key` stays the same while only its numbers change. */
interface Verdict {
  readonly key: string
  readonly text: string
}

/** The training loss falls where the second half of a stretch is lower by this part: a mean of ten log lines wavers by about 1 %. */
const LOSS_FALLS = 0.02
/** SSIM below the best before by this is a fall, which smoothing would hide if it were noise. */
const SSIM_FALLS = 0.003
/** From here on there is nothing for a discriminator to sharpen. */
const SHARP_ENOUGH = 0.9
/** A discriminator takes this from the swap's identity, or from SSIM, only where it is too strong. */
const IDENTITY_LOST = 0.03
const SSIM_LOST = 0.015
/** Binary cross-entropy of a discriminator of pictures that is always right about both (guessing: ln 2 = 0.69): its gradients say little then. */
const DISCRIMINATOR_WINS = 0.1
/** Fewest validations after which a discriminator is judged: its weight needs 200 steps to come up. */
const FEWEST_WITH_GAN = 3

/** What has changed in the advice with the newest validation: whether warp and discriminator should go on or off, and why. */
export function adviceOf({ validations, stats, usual }: Course): string[] {
  const earlier = validations.slice(0, -1)
  const before = verdictsOf({ validations: earlier, stats: stats.filter(({ step }) => step <= (earlier.at(-1)?.step ?? 0)), usual })
  return verdictsOf({ validations, stats, usual }).flatMap(({ key, text }) => (before.some((other) => other.key === key) ? [] : [text]))
}

/** The advice as it stands. */
export function standingAdvice(course: Course): string[] {
  return verdictsOf(course).map(({ text }) => text)
}

function verdictsOf(course: Course): Verdict[] {
  const now = course.validations.at(-1)
  const ssim = trendOf(course.validations, unseenSsim)
  if (now === undefined || ssim === undefined) return []
  const verdicts = [warpVerdict(course, now, ssim), now.phase.gan ? ganVerdict(course, now) : withoutGan(course, now, ssim)]
  return verdicts.filter((verdict) => verdict !== undefined)
}

/** Steps of the last stretch. */
function stretchSteps({ validations }: Course): number {
  return validations.at(-1)!.step - validations.at(-1 - stretchOf(validations.length))!.step
}

function warpVerdict(course: Course, now: ValidationRecord, ssim: Trend): Verdict | undefined {
  const steps = stretchSteps(course)
  const loss = lossFall(course.stats, now.step - steps)
  if (loss === undefined) return undefined
  const falls = loss.part >= LOSS_FALLS
  const latest = smoothed(course.validations.map(unseenSsim)).at(-1)!
  const rate = `${signed(-loss.perThousand * 100, 1)} % a 1000 steps`
  const gain = `SSIM ${signed(ssim.gain, 3)} in ${steps} steps`
  if (falls && ssim.before - latest >= SSIM_FALLS) {
    const why = `unseen faces' SSIM fell from ${ssim.before.toFixed(3)} to ${latest.toFixed(3)} while the loss on training faces falls (${rate}): overfitting`
    if (now.phase.warp === 0)
      return { key: 'warp back', text: `warp: should come back on (--augment ${course.usual.augmentation}): ${why}` }
    return { key: 'warp stay', text: `warp: should stay on, or grow (--augment): ${why}` }
  }
  if (now.phase.warp === 0) return undefined
  if (!falls && ssim.gain < SSIM_GAIN) {
    return { key: 'warp off', text: `warp: can go off (--augment 0): training faces' loss (${rate}) and unseen faces (${gain}) are flat` }
  }
  const training = falls ? `the loss on training faces still falls (${rate})` : `the loss on training faces is flat (${rate})`
  const follow =
    ssim.gain >= SSIM_GAIN ? `${falls ? 'and' : 'but'} unseen faces follow (${gain})` : `though unseen faces do not gain (${gain})`
  return { key: 'warp keep', text: `warp: keep on: ${training} ${follow}` }
}

function withoutGan(course: Course, now: ValidationRecord, ssim: Trend): Verdict {
  const each = ssim.gain / stretchOf(course.validations.length)
  if (ssim.gain >= SSIM_GAIN)
    return { key: 'gan not yet', text: `GAN: not yet: SSIM of unseen faces still rises by ${each.toFixed(4)} a validation` }
  const sharpness = unseenSharpness(now).toFixed(2)
  const flat = `reconstruction is flat (SSIM ${signed(ssim.gain, 3)} in ${stretchSteps(course)} steps)`
  if (unseenSharpness(now) >= SHARP_ENOUGH) {
    return { key: 'gan needless', text: `GAN: not needed: ${flat} and sharpness is ${sharpness} of the real faces' already` }
  }
  return {
    key: 'gan on',
    text: `GAN: can come on (--gan-weight ${course.usual.adversarialWeight} --gan-from 0): ${flat}, sharpness ${sharpness} of the real faces'`,
  }
}

function ganVerdict({ validations, stats }: Course, now: ValidationRecord): Verdict | undefined {
  const at = validations.findIndex(({ phase }) => phase.gan)
  const [without, since] = [validations.slice(0, at), validations.slice(at)]
  if (since.length < FEWEST_WITH_GAN || without.length === 0) return undefined
  const change = (of: (record: ValidationRecord) => number | undefined) => {
    const [before, after] = [without, since].map((part) => smoothed(part.flatMap((record) => of(record) ?? [])).at(-1))
    return before === undefined || after === undefined ? undefined : { before, after, gain: after - before }
  }
  const [identity, ssim, sharpness] = [change(swapIdentity), change(unseenSsim)!, change(unseenSharpness)!]
  const when = `since it came on before step ${since[0]!.step}`
  if (identity !== undefined && identity.gain <= -IDENTITY_LOST) {
    const fell = `identity fell from ${identity.before.toFixed(2)} to ${identity.after.toFixed(2)} ${when}`
    return { key: 'gan strong', text: `GAN: too strong: ${fell}: lower --gan-weight (now ${now.phase.ganWeight})` }
  }
  if (ssim.gain <= -SSIM_LOST) {
    const fell = `SSIM of unseen faces fell from ${ssim.before.toFixed(3)} to ${ssim.after.toFixed(3)} ${when}`
    return { key: 'gan strong', text: `GAN: too strong: ${fell}: lower --gan-weight (now ${now.phase.ganWeight})` }
  }
  const judge = mean(stats.filter(({ step }) => step > since.at(-2)!.step).flatMap(({ discriminator }) => discriminator ?? []))
  if (judge !== null && judge < DISCRIMINATOR_WINS) {
    return {
      key: 'gan wins',
      text: `GAN: the discriminator wins: its loss is ${judge.toFixed(2)} (0.69 is guessing), so it teaches little: lower --gan-weight`,
    }
  }
  const numbers = `sharpness ${sharpness.before.toFixed(2)} → ${sharpness.after.toFixed(2)}, SSIM ${signed(ssim.gain, 3)}`
  const also = identity === undefined ? '' : `, identity ${signed(identity.gain, 2)}`
  if (sharpness.gain >= SHARPNESS_GAIN)
    return {
      key: 'gan works',
      text: `GAN: faces have grown sharper ${when}: ${numbers}${also}; whether by it, only a run without it tells`,
    }
  return { key: 'gan idle', text: `GAN: faces have grown no sharper ${when}: ${numbers}${also}` }
}

/** By how much the reconstruction loss of training faces fell from the first to the second half of the steps after `from`. */
function lossFall(stats: readonly LogEntry[], from: number): { readonly part: number; readonly perThousand: number } | undefined {
  const recent = stats.filter(({ step }) => step > from)
  const half = Math.floor(recent.length / 2)
  if (half < 2) return undefined
  const [first, second] = [recent.slice(0, half), recent.slice(-half)].map(
    (part) => mean(part.map(({ source, target }) => source + target))!,
  )
  const part = 1 - second! / first!
  return { part, perThousand: (1000 * part) / (recent.at(-1)!.step - recent[half - 1]!.step) }
}

function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits)
  return `${Number(text) === 0 ? '±' : value > 0 ? '+' : '−'}${text}`
}
