import { open } from 'node:fs/promises'

/** Media types into which a manifest can be written; for anything else it lies beside the file. */
export type EmbedFormat =
  | 'video/mp4'
  | 'video/quicktime'
  | 'video/avi'
  | 'image/jpeg'
  | 'image/png'
  | 'image/webp'
  | 'image/gif'
  | 'image/tiff'
  | 'image/avif'
  | 'image/heic'

const BRANDS: Record<string, EmbedFormat> = {
  'qt  ': 'video/quicktime',
  avif: 'image/avif',
  avis: 'image/avif',
  heic: 'image/heic',
  mif1: 'image/heic',
}

/** Tells by its first bytes what a file is, or undefined when it is none of the formats that can carry a manifest. */
export async function embedFormat(path: string): Promise<EmbedFormat | undefined> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0)
    return bytesRead < 12 ? undefined : sniff(buffer)
  } finally {
    await file.close()
  }
}

function sniff(bytes: Buffer): EmbedFormat | undefined {
  const text = (from: number, to: number) => bytes.toString('latin1', from, to)
  if (text(4, 8) === 'ftyp') return BRANDS[text(8, 12)] ?? 'video/mp4'
  if (['moov', 'mdat', 'wide'].includes(text(4, 8))) return 'video/quicktime'
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'image/jpeg'
  if (text(0, 8) === '\x89PNG\r\n\x1a\n') return 'image/png'
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'image/webp'
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'AVI ') return 'video/avi'
  if (text(0, 4) === 'GIF8') return 'image/gif'
  if (text(0, 4) === 'II*\0' || text(0, 4) === 'MM\0*') return 'image/tiff'
  return undefined
}
