import { parametersOf } from '../models/layers.ts'
import { OCCLUSION_PX, occlusionProgram, occlusionSignature } from '../models/occlusion.ts'
import { sampledPlane } from '../picture/plane.ts'
import { resizePicture } from '../picture/resize.ts'
import { decodeSafetensors } from '../store/safetensors.ts'
import { readShippedWeights } from '../store/shipped.ts'
import { type Device, tf } from '../tensor/index.ts'
import type { Cut } from './cut.ts'
import { type ClipOptions, looksOf } from './shots.ts'

/** The weights that belong to this version: what a render with them depends on. */
export const OCCLUSION = { name: 'dfk occlusion', sha256: '718c70d330b434ab1fe44b2f3dcd675687d56bfd84b8d67091419785f3a4ecda' } as const

const FILE = 'occlusion.safetensors'
const PIXELS = OCCLUSION_PX * OCCLUSION_PX

/** What is to be known of a face in a frame. */
export type SeenFace = Pick<Cut, 'rgb' | 'sizePx' | 'hull'>

/** What sees in the footage alone what is in front of a face: hands, hair, glasses, things. */
export interface OcclusionNetwork {
  /** How likely something covers each place of each face, 0–1, [64, 64]; any number of faces. */
  find(faces: readonly SeenFace[]): Promise<Float32Array[]>
  dispose(): Promise<void>
}

/** Whether anything in front of a face is to be let through anywhere in a clip. */
export function wantsOcclusion(clip: ClipOptions): boolean {
  return looksOf(clip).some(({ occlusion }) => occlusion > 0)
}

/** A face [s, s, 3] in 0–1 as the network is to see it: at 64 px. */
function resized(rgb: Float32Array, sizePx: number): Float32Array {
  const data = Uint8Array.from(rgb, (value) => Math.max(0, Math.min(255, Math.round(value * 255))))
  const small = resizePicture({ width: sizePx, height: sizePx, data }, OCCLUSION_PX, OCCLUSION_PX)
  return Float32Array.from(small.data, (value) => value / 255)
}

/** What the network sees of a face: colours and hull, interleaved, into `data` from `at` on. */
function show({ rgb, sizePx, hull }: SeenFace, data: Float32Array, at: number): void {
  const seen = sizePx === OCCLUSION_PX ? rgb : resized(rgb, sizePx)
  const face = sampledPlane(hull, OCCLUSION_PX)
  for (let i = 0, k = at; i < PIXELS; i += 1, k += 4) {
    for (let c = 0; c < 3; c += 1) data[k + c] = seen[3 * i + c]!
    data[k + 3] = face[i]!
  }
}

/** Loads the network that comes with dfk. `batch`: faces that it takes at once. Throws DfkError for a missing or damaged file. */
export async function openOcclusionNetwork(device: Device, batch: number): Promise<OcclusionNetwork> {
  const { tensors } = decodeSafetensors(await readShippedWeights(FILE, OCCLUSION.sha256, 'occlusion network'), FILE)
  const parameters = parametersOf(tensors)
  const program = await device.compile(occlusionProgram(parameters), occlusionSignature(batch), { name: 'occlusion' })
  return {
    async find(faces) {
      const found: Float32Array[] = []
      const data = new Float32Array(batch * PIXELS * 4)
      for (let first = 0; first < faces.length; first += batch) {
        const some = faces.slice(first, first + batch)
        for (const [index, face] of some.entries()) show(face, data, index * PIXELS * 4)
        const { covered } = await program.run({ faces: { data, shape: [batch, OCCLUSION_PX, OCCLUSION_PX, 4] } })
        const all = covered!.data as Float32Array
        for (const index of some.keys()) found.push(all.slice(index * PIXELS, (index + 1) * PIXELS))
      }
      return found
    },
    async dispose() {
      await program.dispose()
      tf.dispose(parameters)
    },
  }
}
