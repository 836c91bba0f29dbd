import { PEOPLE, type Person } from '../models/generator.ts'
import { BIN_DEGREES, type Coverage, column, NEAR_DEGREES, type PersonCoverage } from './coverage.ts'
import type { FaceList } from './faceList.ts'

/** With fewer training faces than these a network learns the pictures rather than the person. */
const FEW_FACES = 200
/** Half of the faces within so many degrees of yaw and of pitch, or so many of all in one bin: a head that never turns. */
const UNIFORM_DEGREES = 3
const UNIFORM_SHARE = 0.9
/** Up to a fifth of the target's poses may be missing: networks reach a little beyond what they have seen. */
const LEAST_COVERED = 0.8
/** An expression is one that the target has in a fiftieth of its faces, and the source lacks with less than a tenth of that share. */
const COMMON = 0.02
const LACKING = 0.1
/** What both facesets lack, in words with numbers and what to do about it. */
export function shortcomingsOf(lists: Record<Person, FaceList>, { source, target, covered }: Omit<Coverage, 'warnings'>): string[] {
  const where = () => `add footage of the source ${missing(source, target)}`
  return [
    ...PEOPLE.flatMap((person) => uniformity(person, lists[person])),
    ...(covered < LEAST_COVERED
      ? [`the source's faces cover ${percent(covered)} of the target's poses, within ${NEAR_DEGREES}°: ${where()}`]
      : []),
    ...expressions(source, target),
  ]
}

function uniformity(person: Person, { count, poses }: FaceList): string[] {
  const found: string[] = []
  if (count < FEW_FACES)
    found.push(
      `the ${person} has few faces, ${count} to train on (the others are held out to validate): ${FEW_FACES} or more teach much better, add footage or collect with a smaller --every`,
    )
  const [yaw, pitch] = [column(poses, 3, 0), column(poses, 3, 1)]
  const spread = (values: Float32Array) => {
    const sorted = values.slice().sort()
    return sorted[Math.floor(0.75 * sorted.length)]! - sorted[Math.floor(0.25 * sorted.length)]!
  }
  const largest = largestBin(yaw, pitch)
  const hint = 'add footage in which the head turns and nods'
  if (spread(yaw) < UNIFORM_DEGREES && spread(pitch) < UNIFORM_DEGREES) {
    const spreads = `${spread(yaw).toFixed(1)}° of yaw and ${spread(pitch).toFixed(1)}° of pitch`
    found.push(`the ${person}'s poses are too uniform, half of them lie within ${spreads}: ${hint}`)
  } else if (largest > UNIFORM_SHARE) {
    found.push(`the ${person}'s poses are too uniform, ${percent(largest)} of them lie within ${BIN_DEGREES}° of yaw and of pitch: ${hint}`)
  }
  return found
}

/** The share of faces in the fullest bin of yaw and pitch. */
function largestBin(yaw: Float32Array, pitch: Float32Array): number {
  const counts = new Map<string, number>()
  for (const [i, value] of yaw.entries()) {
    const bin = `${Math.floor(value / BIN_DEGREES)} ${Math.floor(pitch[i]! / BIN_DEGREES)}`
    counts.set(bin, (counts.get(bin) ?? 0) + 1)
  }
  return Math.max(0, ...counts.values()) / Math.max(1, yaw.length)
}

/** Where the target has many faces and the source hardly any, in words. */
function missing(source: PersonCoverage, target: PersonCoverage): string {
  const gaps = (['yaw', 'pitch'] as const).flatMap((axis) => {
    const lacking = target[axis].counts.map(
      (count, bin) => count / target.faces > COMMON && source[axis].counts[bin]! / source.faces < (LACKING * count) / target.faces,
    )
    const bins = lacking.flatMap((lacks, bin) => (lacks ? [bin] : []))
    const degrees = (bin: number) => target[axis].from + bin * BIN_DEGREES
    return bins.length === 0 ? [] : [`${axis} ${degrees(bins[0]!)}° to ${degrees(bins.at(-1)! + 1)}°`]
  })
  return gaps.length === 0 ? 'turned as the target is' : `at ${gaps.join(' and ')}`
}

function expressions(source: PersonCoverage, target: PersonCoverage): string[] {
  const kinds = [
    { key: 'mouthOpen', what: 'open mouths', how: 'talking or laughing' },
    { key: 'eyesClosed', what: 'closed eyes', how: 'blinking' },
  ] as const
  return kinds.flatMap(({ key, what, how }) => {
    const [has, wanted] = [source[key] / source.faces, target[key] / target.faces]
    if (wanted < COMMON || has >= LACKING * wanted) return []
    return [
      `the target has ${what} (${target[key]} of ${target.faces}) but the source hardly any (${source[key]} of ${source.faces}): add footage of the source ${how}`,
    ]
  })
}

/** A share in words. */
export function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}
