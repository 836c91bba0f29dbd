/** What an output says of itself, in layers that do not depend on each other: C2PA manifest, metadata, watermark, visible label. */
export type { C2paFound, ConsentMention, ManifestState, ManifestSummary, MetadataMark, ProvenanceFound, StampRequest } from './types.ts'
