import { z } from 'zod'

/** What a record can allow, each separately; consent to create is not consent to use. */
export const CONSENT_ACTIONS = ['collect', 'train', 'generate', 'publish', 'sublicense'] as const
export type ConsentAction = (typeof CONSENT_ACTIONS)[number]

/** The recogniser whose descriptors a record holds: face-api's 128 numbers, compared by Euclidean distance. */
export const DESCRIPTOR_MODEL = 'face-api-128'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits')
const moment = z.iso.datetime({ error: 'expected a time such as 2026-01-31T00:00:00Z' })
/** Characters that hide, or turn round what stands beside them; joiners are letters of some scripts, but not of Latin. */
const HIDDEN =
  /[\p{Cc}\p{Co}\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|(?<=[\p{Script=Latin}\p{N}])[\u200c\u200d]/u
const UNHIDDEN = 'expected text without hidden characters'
export const word = z
  .string()
  .refine((text) => !HIDDEN.test(text), UNHIDDEN)
  .trim()
  .min(1, 'expected some text but found none')
const prose = z.string().refine((text) => !HIDDEN.test(text.replace(/[\r\n\t]/g, ' ')), UNHIDDEN)
/** Raw Ed25519 key, base64url. */
const publicKey = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected an Ed25519 public key in base64url')

/** One file that a record is bound to; `videoSha256` hashes the packets of the video stream alone, so that adding a sound track changes nothing. */
const footage = z.strictObject({ name: word, sha256, videoSha256: sha256.exactOptional() })

const subject = z.strictObject({
  id: word,
  status: z.enum(['adult', 'minor', 'deceased']),
  /** The day on which a minor turns 18, when the record must end. */
  adultOn: z.iso.date({ error: 'expected a day such as 2030-01-31' }).exactOptional(),
})

/** Who can sign for a face. */
export const SIGNER_ROLES = ['self', 'guardian', 'estate', 'agent', 'sample'] as const
export type SignerRole = (typeof SIGNER_ROLES)[number]

const signer = z.strictObject({
  role: z.enum(SIGNER_ROLES),
  /** A draft has none until it is signed. */
  publicKey: publicKey.exactOptional(),
  /** Hash of the document that shows the signer's authority over another's face. */
  evidenceSha256: sha256.exactOptional(),
})

/** Whose signature a record asks for besides the signer's. */
export const COUNTERSIGNER_ROLES = ['target', 'guardian', 'estate', 'agent'] as const

const countersigner = z.strictObject({
  /** `target`: the person in the target footage, before anything is generated or goes further; the others: before anything at all. */
  role: z.enum(COUNTERSIGNER_ROLES),
  publicKey,
  /** Hash of the document that shows the authority of a guardian, an estate or an agent. */
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
  countersigners: z.array(countersigner).min(1).max(8).exactOptional(),
  controller: word,
  grants: z.strictObject({
    collect: z.boolean(),
    train: z.boolean(),
    generate: z.boolean(),
    publish: z.boolean(),
    sublicense: z.boolean(),
  }),
  scope: z.strictObject({
    description: prose,
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

const signature = z.strictObject({
  algorithm: z.literal('Ed25519'),
  publicKey: z.string(),
  value: z.base64url(),
  signedAt: moment.exactOptional(),
})

/** A record and the signatures over its canonical JSON. */
export const signedConsentSchema = z.strictObject({
  record: consentRecordSchema,
  signature: signature.exactOptional(),
  countersignatures: z.array(signature).max(8).exactOptional(),
})

export type ConsentRecord = z.infer<typeof consentRecordSchema>
export type Countersigner = z.infer<typeof countersigner>
export type SignedConsent = z.infer<typeof signedConsentSchema>
/** What identifies a file of footage: see `hashFootage` of `src/media`. */
export type FootageHash = Readonly<z.infer<typeof footage>>
