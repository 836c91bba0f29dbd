import { DfkError } from '../work/errors.ts'
import { type Html, html } from './html.ts'

function mimeOf(bytes: Uint8Array): string {
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return 'image/png'
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'image/jpeg'
  throw new DfkError('expected the bytes of a PNG or JPEG image for the report but found something else')
}

/** An image inside the page. `bytes` is a whole PNG or JPEG file; throws DfkError for anything else. */
export function inlineImage(bytes: Uint8Array, alt: string, caption?: string): Html {
  const source = `data:${mimeOf(bytes)};base64,${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}`
  return html`<figure><img src="${source}" alt="${alt}">${caption === undefined ? undefined : html`<figcaption>${caption}</figcaption>`}</figure>`
}

/** Images in a grid of tiles at least `tileRem` wide. */
export function gallery(images: readonly Html[], tileRem = 9): Html {
  return html`<div class="gallery" style="--tile:${tileRem}rem">${images}</div>`
}
