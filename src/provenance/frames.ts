import { aigcMark, toolVersion } from './tags.ts'
import { COMPOSITE_SOURCE_TYPE } from './types.ts'
import { addXmpToImage, xmpPacket } from './xmp.ts'

/** A PNG of an output's sequence with the metadata marks in it; the sequence as a whole is signed. */
export function markPng(png: Buffer, outputId: string): Buffer {
  return addXmpToImage(png, 'image/png', xmpPacket(COMPOSITE_SOURCE_TYPE, aigcMark(outputId), `dfk ${toolVersion()}`))
}

/** The same marks as texts by name, for formats without XMP. */
export function outputTexts(outputId: string): Readonly<Record<string, string>> {
  return { AIGC: aigcMark(outputId), digitalSourceType: COMPOSITE_SOURCE_TYPE, software: `dfk ${toolVersion()}` }
}
