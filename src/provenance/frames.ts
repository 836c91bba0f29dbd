import { aigcMark, disclosureOf } from './tags.ts'
import { COMPOSITE_SOURCE_TYPE } from './types.ts'
import { addXmpToImage, xmpPacket } from './xmp.ts'

/** A PNG with the metadata marks in it. `createdAt`: null leaves the time out, where the same picture is to give the same file. */
export function markPng(png: Buffer, outputId: string, provider?: string, createdAt: Date | null = new Date()): Buffer {
  return addXmpToImage(png, 'image/png', xmpPacket({ ...disclosureOf(outputId, provider), createdAt }))
}

/** The same marks as texts by name, for formats without XMP. */
export function outputTexts(outputId: string, provider: string | undefined): Readonly<Record<string, string>> {
  const disclosure = disclosureOf(outputId, provider)
  return { AIGC: aigcMark(disclosure), digitalSourceType: COMPOSITE_SOURCE_TYPE, software: disclosure.tool }
}
