import type { Random } from '../../src/models/random.ts'
import { type AugmentOptions, type Face, fillFace, type PersonBatch, type Pictures } from '../../src/train/augment.ts'

/** Pictures with what is known of their faces. */
export interface Known extends Pictures, Pick<Face, 'rest'> {
  readonly landmarks: Float32Array
  readonly poses: Float32Array
}

type Plain = Pick<AugmentOptions, 'flip' | 'strength'> & Partial<AugmentOptions>

/** Fills a batch with randomly chosen faces, one after the other; nothing is relit, covered or degraded unless asked for. */
export function fillBatch(pictures: Known, into: PersonBatch, sizePx: number, batch: number, random: Random, options: Plain): void {
  const row = <T extends Float32Array | Uint8Array>(data: T, index: number, of: number) =>
    data.subarray((index * data.length) / of, ((index + 1) * data.length) / of) as T
  for (let i = 0; i < batch; i += 1) {
    const index = random.below(pictures.count)
    const of = <T extends Float32Array | Uint8Array>(data: T) => row(data, index, pictures.count)
    const face = {
      sizePx: pictures.sizePx,
      rgb: of(pictures.faces),
      mask: of(pictures.masks),
      accents: of(pictures.accents),
      landmarks: of(pictures.landmarks),
      pose: of(pictures.poses),
      rest: pictures.rest,
    }
    const to = Object.fromEntries(Object.entries(into).map(([kind, data]) => [kind, row(data, i, batch)])) as unknown as PersonBatch
    fillFace(face, to, sizePx, random, { light: 0, compression: 0, occluders: 0, ...options })
  }
}
