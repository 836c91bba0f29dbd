import type { Random } from '../../src/models/random.ts'
import { type AugmentOptions, fillFace, type PersonBatch, type Pictures } from '../../src/train/augment.ts'

type Plain = Pick<AugmentOptions, 'flip' | 'strength'> & Partial<AugmentOptions>

/** Fills a batch with randomly chosen faces, one after the other; nothing is relit, covered or degraded unless asked for. */
export function fillBatch(pictures: Pictures, into: PersonBatch, sizePx: number, batch: number, random: Random, options: Plain): void {
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
      meanLandmarks: pictures.meanLandmarks,
    }
    const to = Object.fromEntries(Object.entries(into).map(([kind, data]) => [kind, row(data, i, batch)])) as unknown as PersonBatch
    fillFace(face, to, sizePx, random, { light: 0, compression: 0, occluders: 0, ...options })
  }
}
