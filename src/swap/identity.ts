import { matchesSubject, type SignedConsent } from '../consent/index.ts'
import { descriptorDistance } from '../faces/index.ts'

/** Which faces of the clip are replaced. */
const FACE_CHOICES = ['target', 'largest', 'all'] as const
export type FaceChoice = (typeof FACE_CHOICES)[number]

/** A face that is followed keeps its name while its descriptor strays by less than this: profiles and blinks move it. */
const STRAY = 0.12

export interface Recognition {
  /** Whether the face belongs to someone whose record allows this swap. */
  readonly consents: boolean
  /** Whether it is to be replaced as `--face target` asks; always with consent. */
  readonly isTarget: boolean
  /** Distance to the nearest of the people who consent. */
  readonly distance: number
}

/** Tells by its descriptor whose face is met. */
export class Recogniser {
  readonly #people: readonly SignedConsent[]
  readonly #target: readonly number[]
  readonly #threshold: number

  /** `target`: mean descriptor of the run's target; `people`: the records, the run's target first; `threshold`: farthest distance of a target. */
  constructor(people: readonly SignedConsent[], target: readonly number[], threshold: number) {
    this.#people = people
    this.#target = target
    this.#threshold = threshold
  }

  /** `known`: the face was recognised before and has been followed since. */
  recognise(descriptor: Float32Array, known: boolean): Recognition {
    const slack = known ? STRAY : 0
    const toMean = descriptorDistance(descriptor, this.#target)
    let consents = false
    let isTarget = false
    let distance = Number.POSITIVE_INFINITY
    for (const [index, person] of this.#people.entries()) {
      const near = Math.min(matchesSubject(person, descriptor).distance, index === 0 ? toMean : Number.POSITIVE_INFINITY)
      const allowed = near <= person.record.biometric.threshold + slack
      consents ||= allowed
      isTarget ||= allowed && near <= this.#threshold + slack
      distance = Math.min(distance, near)
    }
    return { consents, isTarget, distance }
  }
}
