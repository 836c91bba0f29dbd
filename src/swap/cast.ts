import { matchesSubject, type SignedConsent } from '../consent/index.ts'
import { descriptorDistance } from '../faces/index.ts'

/** Which faces of the clip are replaced. */
const FACE_CHOICES = ['target', 'largest', 'all'] as const
export type FaceChoice = (typeof FACE_CHOICES)[number]

/** Somebody in the clip who is replaced: their own record allows it, and says how they look. */
export interface CastMember {
  /** Subject id of the record. */
  readonly person: string
  /** Name of the run that renders their double. */
  readonly run: string
  readonly record: SignedConsent
  /** Descriptors that count like the record's references: the mean of a run's target. */
  readonly looks: readonly (readonly number[])[]
  /** Descriptor of a still that shows who is meant: then nearness to it decides, within what the record allows. */
  readonly still?: readonly number[] | undefined
  /** Farthest distance of a face that is taken for them; the record's own threshold holds as well. */
  readonly threshold: number
}

/** Whom a clip's faces are, and which of them are replaced. No two faces of a frame are one member. */
export interface Cast {
  readonly choice: FaceChoice
  readonly members: readonly CastMember[]
}

/**
 * By how much a face may be farther from the record's own references than the record says, where it is near enough to what else is known of the person: the run's mean face
 * bridges turned heads and other light, and cannot carry a record to somebody else.
 */
const LEEWAY = 0.08
/** A face that is followed keeps its name while its descriptor strays by less than this: profiles and blinks move it. */
const STRAY = 0.12

export interface Likeness {
  /** Distance to the nearest of the member's descriptors. */
  readonly distance: number
  /** Whether the face is taken for the member's; `known`: it was before, and has been followed since. */
  readonly is: boolean
}

/** How near a face is to a member of the cast. */
export function compare(member: CastMember, descriptor: Float32Array, known: boolean): Likeness {
  const slack = known ? STRAY : 0
  const own = matchesSubject(member.record, descriptor).distance
  const distance = Math.min(own, ...member.looks.map((look) => descriptorDistance(descriptor, look)))
  const wanted = member.still === undefined ? distance : descriptorDistance(descriptor, member.still)
  const { threshold } = member.record.record.biometric
  const isTheirs = distance <= threshold + slack && own <= threshold + LEEWAY + slack
  return { distance, is: isTheirs && wanted <= member.threshold + slack }
}

/** Whether a face that was followed is still `member`'s, and not rather somebody else's of the cast. */
export function isStill(member: CastMember, cast: readonly CastMember[], descriptor: Float32Array): boolean {
  const { is, distance } = compare(member, descriptor, true)
  return is && cast.every((other) => other === member || compare(other, descriptor, true).distance >= distance)
}

/** Pairs faces with members, nearest first, so that nobody is met twice. Returns the member of each face, by its number. */
export function assign(descriptors: readonly Float32Array[], free: readonly CastMember[]): (CastMember | undefined)[] {
  const pairs = descriptors.flatMap((descriptor, face) => free.map((member) => ({ face, member, ...compare(member, descriptor, false) })))
  const found: (CastMember | undefined)[] = descriptors.map(() => undefined)
  for (const { face, member } of pairs.filter((pair) => pair.is).sort((a, b) => a.distance - b.distance)) {
    if (found[face] === undefined && !found.includes(member)) found[face] = member
  }
  return found
}

/** Distance of a face to the nearest member. */
export function nearest(members: readonly CastMember[], descriptor: Float32Array): number {
  return Math.min(...members.map((member) => compare(member, descriptor, false).distance))
}
