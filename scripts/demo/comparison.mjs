// The picture by which a reader of the README sees what the demo made.
import { writeFileSync } from 'node:fs'

/** comparison.png: a row of target frames above the same frames of the swap. It names the records that the swap names, so that `dfk consent purge` knows it, and what kind of picture it is. */
export async function compare(target, swapped, png, count = 5) {
  const { decodeFrames, probeMedia } = await import('../../dist/media/index.js')
  const { readProvenance } = await import('../../dist/provenance/index.js')
  const { addXmpToImage } = await import('../../dist/provenance/xmp.js')
  const { COMPOSITE_SOURCE_TYPE } = await import('../../dist/provenance/types.js')
  const { default: sharp } = await import('sharp')
  const { frames } = await probeMedia(target)
  const wanted = Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * frames) / count))
  const tiles = []
  let size
  for (const [row, path] of [target, swapped].entries()) {
    for await (const { index, picture } of decodeFrames(path)) {
      const column = wanted.indexOf(index)
      if (column < 0) continue
      size ??= { width: picture.width, height: picture.height }
      const input = Buffer.from(picture.data)
      tiles.push({
        input,
        raw: { width: picture.width, height: picture.height, channels: 3 },
        left: column * (size.width + 4),
        top: row * (size.height + 4),
      })
    }
  }
  const canvas = { width: count * (size.width + 4) - 4, height: 2 * (size.height + 4) - 4, channels: 3, background: '#202020' }
  const { c2pa } = await readProvenance(swapped)
  const records = c2pa.consent.map(({ role, hash }) => `${role} ${hash}`).join(', ')
  const rdf = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" dc:source="dfk consent records: ${records}" Iptc4xmpExt:DigitalSourceType="${COMPOSITE_SOURCE_TYPE}"/></rdf:RDF>`
  const xmp = Buffer.from(`<x:xmpmeta xmlns:x="adobe:ns:meta/">${rdf}</x:xmpmeta>`)
  writeFileSync(png, addXmpToImage(await sharp({ create: canvas }).composite(tiles).png().toBuffer(), 'image/png', xmp))
}
