import type { KeyObject } from 'node:crypto'

/** The IPTC term for footage in which a trained model rendered a part. */
export const COMPOSITE_SOURCE_TYPE = 'http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia'

/** A consent record as outputs name it: hash and scope, never a descriptor. */
interface ConsentMention {
  readonly role: string
  readonly hash: string
  readonly scope: string
}

/** A part of a clip, seconds from the start of its file; the end does not belong to it. */
interface ClipPart {
  readonly fromS: number
  readonly toS: number
}

/** The footage of an output, as a manifest names it. */
interface FootageMention {
  readonly name: string
  /** Of the whole file, hexadecimal. */
  readonly sha256: string
  /** What of it the output shows, where that is not all. */
  readonly range?: ClipPart | undefined
}

/** A trained generator, as a manifest names it. */
export interface ModelMention {
  readonly name: string
  readonly sha256: string
}

/** What an output was authorised for, beside the consent records. */
interface UseMention {
  readonly publish: boolean
  readonly project?: string | undefined
  readonly media?: readonly string[] | undefined
  readonly territory?: readonly string[] | undefined
  readonly categories?: readonly string[] | undefined
}

/** What manifests are signed with. */
export interface Signer {
  readonly key: KeyObject
  /** DER, the leaf first. */
  readonly chain: readonly Buffer[]
}

/** Who signs outputs, where it is not this installation by its own self-made certificate. */
export interface Signing {
  /** The studio's. */
  readonly signer?: Signer | undefined
  /** Time-stamp authority to ask (RFC 3161), an http or https URL. */
  readonly tsa?: string | undefined
  /** SHA-256 of the certificate that whoever asked for the output wants it signed with: a worker that has another must not sign. */
  readonly signedBy?: string | undefined
  /** Whoever asked for the output wants it time-stamped: a worker without an authority to ask must not sign. */
  readonly wantsTime?: boolean | undefined
}

/** What the marks of an output say. */
export interface Disclosure {
  readonly outputId: string
  readonly provider: string
  /** The program, with its version. */
  readonly tool: string
  readonly createdAt: Date
}

export interface StampRequest {
  /** The finished output; it is replaced atomically by the signed one (or gets a sidecar `.c2pa`). */
  readonly file: string
  /** Where the file will be renamed to, if it is not there yet: a sidecar is named after it. */
  readonly placedAt?: string | undefined
  /** The footage that it was made of, which becomes the parent ingredient. */
  readonly parent?: string | undefined
  /** SHA-256 of the footage, hexadecimal. */
  readonly parentSha256?: string | undefined
  /** Which part of the footage the output shows: from its first frame to the end of its last; absent: all of it. */
  readonly range?: ClipPart | undefined
  /** 64-bit id of the output as 16 hexadecimal digits: see `newOutputId`. */
  readonly outputId: string
  readonly title: string
  readonly consent: readonly ConsentMention[]
  readonly model: ModelMention
  /** Where several people are rendered by models of their own: the others. */
  readonly otherModels?: readonly ModelMention[] | undefined
  /** What it was made for, as declared; absent: not to be published. */
  readonly use?: UseMention | undefined
  /** Whether `embedWatermark` wrote `outputId` into the pixels. */
  readonly watermark?: boolean | undefined
  /** Text of the visible label that was drawn, if one was. */
  readonly label?: string | undefined
  /** Who answers for the output, as the marks that laws ask for name them; default: the organisation of the studio's certificate, else dfk. */
  readonly provider?: string | undefined
  readonly now?: Date | undefined
  /** Where this installation's own certificate lies (`<home>/.dfk/`); default: DFK_HOME or the working directory. */
  readonly home?: string | undefined
  /** Who signs instead, and who confirms when. */
  readonly signing?: Signing | undefined
}

export interface ManifestSummary {
  /** The file that holds the manifest: the output itself, or its sidecar. */
  readonly file: string
  readonly embedded: boolean
  /** `valid`: whole, by a certificate that nobody vouches for (the self-made one). */
  readonly state: ManifestState
  readonly outputId: string
  readonly digitalSourceType: string
  /** Organisation in the signing certificate. */
  readonly issuer: string
  /** Certificate (PEM) that makes readers trust this installation's own signatures once it is among their anchors; none for a studio's certificate. */
  readonly anchor?: string | undefined
  /** Whether a time-stamp authority confirmed when it was signed. */
  readonly timeStamped: boolean
}

/** `trusted`: whole, and the signer's authority is among the anchors; `valid`: whole, signer unknown; `invalid`: changed since, or malformed. */
export type ManifestState = 'trusted' | 'valid' | 'invalid'

export interface C2paFound {
  /** The file that holds the manifest. */
  readonly file: string
  readonly state: ManifestState
  /** Validation codes of what failed, such as `assertion.bmffHash.mismatch`. */
  readonly problems: readonly string[]
  readonly title: string | undefined
  /** Program that wrote it, with its version. */
  readonly generator: string | undefined
  readonly issuer: string | undefined
  /** When it was signed, by a time-stamp authority. */
  readonly signedAt: string | undefined
  readonly actions: readonly string[]
  readonly digitalSourceTypes: readonly string[]
  /** Of a dfk output. */
  readonly outputId: string | undefined
  /** Of a dfk output: what it was made of. */
  readonly footage: FootageMention | undefined
  readonly consent: readonly ConsentMention[]
}

export interface MetadataMark {
  /** `AIGC`: the key of GB 45438-2025; `digital-source-type`: IPTC's, in XMP or as a tag. */
  readonly kind: 'AIGC' | 'digital-source-type'
  /** Where it stands: `xmp`, `tags` or `text`. */
  readonly where: string
  readonly value: string
}

export interface ProvenanceFound {
  readonly c2pa: C2paFound | undefined
  readonly marks: readonly MetadataMark[]
  /** Whether anything found says that the content was generated or altered by a trained model. */
  readonly declaresSynthetic: boolean
}
