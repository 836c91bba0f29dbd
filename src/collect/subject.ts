import { matchesSubject, type SignedConsent } from '../consent/index.ts'
import { descriptorDistance, type FaceAnalyser, SAME_PERSON_DISTANCE } from '../faces/index.ts'
import { readPicture } from '../media/index.ts'
import { DfkError, RefusedError } from '../work/errors.ts'

/** Decides by a face's descriptor whether it is the person being collected. */
export interface Subject {
  /** Distance to the subject, or undefined for anybody else's face. */
  distance(descriptor: Float32Array): number | undefined
}

/**
 * The consent record's subject; with `person`, also the person on that picture, who must be the subject.
 * Throws DfkError where the picture shows no face or several, RefusedError where it shows somebody else.
 */
export async function findSubject(analyser: FaceAnalyser, consent: SignedConsent, person: string | undefined): Promise<Subject> {
  const reference = person === undefined ? undefined : await personOn(analyser, consent, person)
  return {
    distance(descriptor) {
      const { matches, distance } = matchesSubject(consent, descriptor)
      if (!matches) return undefined
      if (reference === undefined) return distance
      const fromPerson = descriptorDistance(descriptor, reference)
      return fromPerson <= SAME_PERSON_DISTANCE ? fromPerson : undefined
    },
  }
}

async function personOn(analyser: FaceAnalyser, consent: SignedConsent, path: string): Promise<Float32Array> {
  const picture = await readPicture(path)
  const faces = await analyser.find(picture)
  const face = faces[0]
  if (face === undefined || faces.length > 1) {
    throw new DfkError(`expected one face on the --person picture ${path} but found ${faces.length === 0 ? 'none' : faces.length}`, {
      hint: 'give a picture that shows the person alone',
    })
  }
  const descriptor = await analyser.descriptor(picture, face.landmarks)
  const { matches, distance } = matchesSubject(consent, descriptor)
  if (matches) return descriptor
  const { subject, biometric } = consent.record
  throw new RefusedError(
    'biometric',
    `expected ${subject.id}, the subject of the consent record, on ${path} but found somebody else (distance ${distance.toFixed(2)}, at most ${biometric.threshold})`,
    { hint: 'give the consent record of the person on that picture, or a picture of the subject' },
  )
}
