import { ENHANCED_PX, enhancerProgram, enhancerSignature } from '../models/enhancer.ts'
import { parametersOf } from '../models/layers.ts'
import { enlargeSquare } from '../picture/enlarge.ts'
import type { Plane } from '../picture/plane.ts'
import { decodeSafetensors } from '../store/safetensors.ts'
import { readShippedWeights } from '../store/shipped.ts'
import { runInBatches } from '../tensor/batches.ts'
import { type Device, type Program, tf } from '../tensor/index.ts'
import type { Cut } from './cut.ts'
import type { JoinedFace } from './face.ts'
import { type ClipOptions, looksOf } from './shots.ts'

/** The enhancer's weights that belong to this version: what a render with them depends on, and what its manifest names. */
export const ENHANCER = { name: 'dfk enhancer', sha256: 'b4a1451c28ad4054648b8e03a67da451f89327ad7dda8d4f712394f4f5c9813c' } as const

const FILE = 'enhancer.safetensors'

/** How many times larger than a generator of `sizePx` draws them faces are enhanced: to about 256 px; 1: not at all. */
export function enhancedTimes(sizePx: number): number {
  return Math.max(1, Math.round(ENHANCED_PX / sizePx))
}

/** Whether faces are to be enhanced anywhere in a clip. */
export function wantsEnhancer(clip: ClipOptions): boolean {
  return looksOf(clip).some(({ enhance }) => enhance > 0)
}

/** Whether an enhancer makes anything of what one of these generators draws. */
export function helpsAny(generators: Iterable<{ readonly sizePx: number }>): boolean {
  return [...generators].some(({ sizePx }) => enhancedTimes(sizePx) > 1)
}

/** What makes enlarged faces finer. */
export interface Enhancer {
  /** Faces [n, s, s, 3] in 0–1, of s = `sizePx`: one of the sizes that it was opened for; any n. */
  enhance(faces: readonly Float32Array[], sizePx: number): Promise<Float32Array[]>
  dispose(): Promise<void>
}

/** Loads the enhancer that comes with dfk for faces of these sizes, px. `batch`: faces that it takes at once. Throws DfkError for a missing or damaged file. */
export async function openEnhancer(device: Device, sizesPx: readonly number[], batch: number): Promise<Enhancer> {
  const { tensors } = decodeSafetensors(await readShippedWeights(FILE, ENHANCER.sha256, 'enhancer'), FILE)
  const parameters = parametersOf(tensors)
  const programs = new Map<number, Program>()
  for (const sizePx of new Set(sizesPx))
    programs.set(
      sizePx,
      await device.compile(enhancerProgram(parameters), enhancerSignature(batch, sizePx), { name: `enhancer ${sizePx}` }),
    )
  return {
    async enhance(faces, sizePx) {
      const program = programs.get(sizePx)
      if (program === undefined) throw new RangeError(`expected faces of ${[...programs.keys()]} px but found ${sizePx}`)
      const shape = [batch, sizePx, sizePx, 3] as const
      const fill = (face: Float32Array, data: Float32Array, at: number) => data.set(face, at)
      return runInBatches(program, { input: 'faces', shape, output: 'faces', fill }, faces)
    },
    async dispose() {
      for (const program of programs.values()) await program.dispose()
      tf.dispose(parameters)
    },
  }
}

/**
 * `share` of `finer` in `plate` (both [s, s, 3]) where the face shows in full, less of it towards its border: what lies beyond are the face's own colours carried on, of which
 * the enhancer would make hair and background again.
 */
function mixInside(plate: Float32Array, finer: Float32Array, mask: Plane, share: number): Float32Array {
  const out = Float32Array.from(plate)
  const sizePx = Math.sqrt(plate.length / 3)
  const step = mask.width / sizePx
  for (let y = 0, i = 0; y < sizePx; y += 1) {
    const row = Math.floor((y + 0.5) * step) * mask.width
    for (let x = 0; x < sizePx; x += 1, i += 3) {
      const amount = share * Math.max(0, 2 * mask.data[row + Math.floor((x + 0.5) * step)]! - 1)
      if (amount > 0) for (let c = i; c < i + 3; c += 1) out[c]! += amount * (finer[c]! - plate[c]!)
    }
  }
  return out
}

/** Joined faces as they are enhanced, each as far as its cut says; undefined: not at all. */
export async function enhanceFaces(
  enhancer: Enhancer,
  all: readonly { readonly cut: Cut; readonly joined: JoinedFace }[],
): Promise<(Float32Array | undefined)[]> {
  const made: (Float32Array | undefined)[] = all.map(() => undefined)
  const wanted = [...all.entries()].filter(([, { cut }]) => cut.enhanced.share > 0)
  if (wanted.length === 0) return made
  const { sizePx, enhanced } = wanted[0]![1].cut
  const plates = wanted.map(([, { joined }]) => enlargeSquare(joined.rgb, sizePx, 3, enhanced.times))
  const finer = await enhancer.enhance(plates, sizePx * enhanced.times)
  for (const [i, [index, { cut, joined }]] of wanted.entries())
    made[index] = mixInside(plates[i]!, finer[i]!, joined.mask, cut.enhanced.share)
  return made
}
