import { crc32 } from './crc.ts'
import { aigcMark } from './tags.ts'
import { COMPOSITE_SOURCE_TYPE, type Disclosure } from './types.ts'
import { addXmpToWebp } from './webp.ts'

/** Where XMP lies in MP4 and MOV files: a top-level box of this identity (XMP specification, part 3). */
const XMP_UUID = Buffer.from('be7acfcb97a942e89c71999491e3afac', 'hex')
const JPEG_XMP = Buffer.from('http://ns.adobe.com/xap/1.0/\0', 'latin1')
const PNG_XMP = Buffer.from('XML:com.adobe.xmp\0\0\0\0\0', 'latin1')

const escapeXml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
const unescapeXml = (text: string) =>
  text.replaceAll('&quot;', '"').replaceAll('&apos;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

/**
 * An XMP packet that carries IPTC's digital source type, the AIGC mark of GB 45438-2025, and what California's SB 942 asks of a latent disclosure: provider,
 * system and version, time, unique id.
 */
export function xmpPacket({ createdAt, ...disclosure }: Omit<Disclosure, 'createdAt'> & { readonly createdAt: Date | null }): Buffer {
  const { outputId, provider, tool } = disclosure
  const [system = tool, version = ''] = tool.split(' ')
  const at = (name: string, value: string) => `\n ${name}="${escapeXml(value)}"`
  const schemas = [
    ['xmp', 'http://ns.adobe.com/xap/1.0/'],
    ['dc', 'http://purl.org/dc/elements/1.1/'],
    ['photoshop', 'http://ns.adobe.com/photoshop/1.0/'],
    ['Iptc4xmpExt', 'http://iptc.org/std/Iptc4xmpExt/2008-02-29/'],
    ['TC260', 'http://www.tc260.org.cn/ns/AIGC/1.0/'],
  ]
  const properties = [
    at('xmp:CreatorTool', tool),
    ...(createdAt === null ? [] : [at('xmp:CreateDate', `${createdAt.toISOString().slice(0, 19)}Z`)]),
    at('dc:identifier', outputId),
    at('photoshop:Credit', provider),
    at('Iptc4xmpExt:DigitalSourceType', COMPOSITE_SOURCE_TYPE),
    at('Iptc4xmpExt:AISystemUsed', system),
    at('Iptc4xmpExt:AISystemVersionUsed', version),
    at('TC260:AIGC', aigcMark(disclosure)),
  ]
  const namespaces = schemas.map(([prefix = '', uri = '']) => at(`xmlns:${prefix}`, uri))
  return Buffer.from(
    `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""${[...namespaces, ...properties].join('')}/></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>`,
    'utf8',
  )
}

/** A property of an XMP packet, written as an attribute, an element or an `rdf:resource`. */
export function xmpProperty(packet: string, name: string): string | undefined {
  const found =
    new RegExp(`[\\w-]+:${name}\\s*=\\s*"([^"]*)"`).exec(packet) ??
    new RegExp(`[\\w-]+:${name}\\s*=\\s*'([^']*)'`).exec(packet) ??
    new RegExp(`<[\\w-]+:${name}[^>]*rdf:resource\\s*=\\s*"([^"]*)"`).exec(packet) ??
    new RegExp(`<[\\w-]+:${name}[^>]*>([^<]+)<`).exec(packet)
  const value = found?.[1]?.trim()
  return value === undefined || value === '' ? undefined : unescapeXml(value)
}

function jpegSegment(packet: Buffer): Buffer {
  const size = Buffer.alloc(2)
  size.writeUInt16BE(2 + JPEG_XMP.length + packet.length)
  return Buffer.concat([Buffer.from([0xff, 0xe1]), size, JPEG_XMP, packet])
}

function pngChunk(packet: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from('iTXt'), PNG_XMP, packet])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(body.length - 4, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}

/** Where an image's XMP goes: after the JFIF header, after PNG's first chunk. */
function insertionPoint(bytes: Buffer, format: 'image/jpeg' | 'image/png'): number {
  if (format === 'image/png') return 8 + 12 + bytes.readUInt32BE(8)
  return bytes[3] === 0xe0 ? 4 + bytes.readUInt16BE(4) : 2
}

/** Formats of images that can be given XMP. */
export type XmpImage = 'image/jpeg' | 'image/png' | 'image/webp'

/** The image with the packet in it; unchanged where it has XMP of its own. */
export function addXmpToImage(bytes: Buffer, format: XmpImage, packet: Buffer): Buffer {
  if (format === 'image/webp') return addXmpToWebp(bytes, packet)
  if (bytes.includes(format === 'image/png' ? PNG_XMP.subarray(0, 17) : JPEG_XMP)) return bytes
  const at = insertionPoint(bytes, format)
  const piece = format === 'image/png' ? pngChunk(packet) : jpegSegment(packet)
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)])
}

/** The top-level box that carries XMP in MP4 and MOV: to append to the file. */
export function xmpBox(packet: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt32BE(8 + XMP_UUID.length + packet.length)
  return Buffer.concat([size, Buffer.from('uuid'), XMP_UUID, packet])
}

/** Reads the first XMP packet out of a file's bytes, wherever the container keeps it. */
export function findXmp(bytes: Buffer): string | undefined {
  const start = bytes.indexOf('<x:xmpmeta')
  const end = start < 0 ? -1 : bytes.indexOf('</x:xmpmeta>', start)
  return end < 0 ? undefined : bytes.toString('utf8', start, end)
}

export { XMP_UUID }
