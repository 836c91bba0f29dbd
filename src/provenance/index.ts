/** What an output says of itself, in layers that do not depend on each other: C2PA manifest, metadata, watermark, visible label. */
export { markPng, outputTexts } from './frames.ts'
export { drawLabel, labelHeightPx, labelLayer } from './label.ts'
export { readProvenance } from './read.ts'
export { stampOutput } from './stamp.ts'
export type { ManifestSummary, ProvenanceFound } from './types.ts'
export { embedWatermark, newOutputId } from './watermark/embed.ts'
export { readWatermark, type WatermarkFound } from './watermark/read.ts'
