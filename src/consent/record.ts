import { z } from 'zod'

/** What a record can allow, each separately; consent to create is not consent to use. */
export const CONSENT_ACTIONS = ['collect', 'train', 'generate', 'publish', 'sublicense'] as const
export type ConsentAction = (typeof CONSENT_ACTIONS)[number]

/** The recogniser whose descriptors a record holds: face-api's 128 numbers, compared by Euclidean distance. */
export const DESCRIPTOR_MODEL = 'face-api-128'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits')
const moment = z.iso.datetime({ error: 'expected a time such as 2026-01-31T00:00:00Z' })
const word = z.string().trim().min(1, 'expected some text but found none')

/** One file that a record is bound to; `videoSha256` hashes the packets of the video stream alone, so that adding a sound track changes nothing. */
const footage = z.strictObject({ name: word, sha256, videoSha256: sha256.exactOptional() })

const subject = z.strictObject({
  id: word,
  status: z.enum(['adult', 'minor', 'deceased']),
  /** The day on which a minor turns 18, when the record must end. */
  adultOn: z.iso.date().exactOptional(),
})

const signer = z.strictObject({
  role: z.enum(['self', 'guardian', 'estate', 'agent', 'sample']),
  /** Raw Ed25519 key, base64url; a draft has none until it is signed. */
  publicKey: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/, 'expected an Ed25519 public key in base64url')
    .exactOptional(),
  /** Hash of the document that shows the signer's authority over another's face. */
  evidenceSha256: sha256.exactOptional(),
})

/** A consent record, schema 1: the fields that a program can enforce. Unknown fields are refused: what cannot be understood cannot be kept to. */
const consentRecordSchema = z.strictObject({
  schema: z.literal(1, { error: 'expected schema version 1' }),
  kind: z.enum(['subject', 'sample']),
  id: word,
  issuedAt: moment,
  supersedes: sha256.exactOptional(),
  subject,
  signer,
  controller: word,
  grants: z.strictObject({
    collect: z.boolean(),
    train: z.boolean(),
    generate: z.boolean(),
    publish: z.boolean(),
    sublicense: z.boolean(),
  }),
  scope: z.strictObject({
    description: z.string(),
    project: word,
    footage: z.array(footage),
    /** The actions for which `footage` is a closed list. */
    footageBinds: z.array(z.enum(CONSENT_ACTIONS)),
    media: z.array(word),
    territory: z.array(word),
    prohibited: z.array(word),
  }),
  limits: z.strictObject({ notBefore: moment, notAfter: moment, maxOutputs: z.int().positive().exactOptional() }),
  biometric: z.strictObject({
    model: z.literal(DESCRIPTOR_MODEL),
    /** Greatest distance at which a face counts as the subject's; above 0.6 this recogniser tells nobody apart. */
    threshold: z.number().positive().max(0.6),
    references: z.array(z.array(z.number()).length(128)).min(1, 'expected at least one reference descriptor'),
  }),
  disclosure: z.strictObject({ visibleLabel: z.boolean(), c2pa: z.boolean(), watermark: z.boolean() }),
  revocation: z.strictObject({ list: word.exactOptional(), maxStalenessDays: z.number().positive().exactOptional() }),
})

/** A record and the signature over its canonical JSON. */
export const signedConsentSchema = z.strictObject({
  record: consentRecordSchema,
  signature: z
    .strictObject({ algorithm: z.literal('Ed25519'), publicKey: z.string(), value: z.base64url(), signedAt: moment.exactOptional() })
    .exactOptional(),
})

export type ConsentRecord = z.infer<typeof consentRecordSchema>
export type SignedConsent = z.infer<typeof signedConsentSchema>
/** What identifies a file of footage: see `hashFootage` of `src/media`. */
export type FootageHash = Readonly<z.infer<typeof footage>>
