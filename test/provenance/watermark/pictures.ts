import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import type { Picture } from '../../../src/picture/picture.ts'
import { embedWatermark } from '../../../src/provenance/index.ts'
import { copyOf } from '../support.ts'

export const ID = 'fedcba9876543210'

const demo = join(dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')), 'demo')

/** A photograph that comes with face-api (1 to 6), cut to a size. */
export async function photograph(number: number, width = 1280, height = 720): Promise<Picture> {
  return pictureOf(sharp(join(demo, `sample${number}.jpg`)).resize(width, height))
}

/** The pixels of an image that sharp has or will have. */
export async function pictureOf(image: Sharp): Promise<Picture> {
  const { data, info } = await image.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data: new Uint8Array(data) }
}

export function sharpOf({ width, height, data }: Picture): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } })
}

/** A marked copy. */
export function marked(picture: Picture, id: string = ID, key?: string): Picture {
  const copy = copyOf(picture)
  embedWatermark(copy, id, key)
  return copy
}
