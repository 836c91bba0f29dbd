import { type Parameters, parametersOf } from '../models/layers.ts'
import { OCCLUSION_PX, occlusionProgram, occlusionSignature } from '../models/occlusion.ts'
import { sampledPlane } from '../picture/plane.ts'
import { toBytes } from '../picture/putIn.ts'
import { resizePicture } from '../picture/resize.ts'
import { decodeSafetensors } from '../store/safetensors.ts'
import { readShippedWeights } from '../store/shipped.ts'
import { runInBatches } from '../tensor/batches.ts'
import { type Device, tf } from '../tensor/index.ts'
import { fingerprint } from '../work/fingerprint.ts'
import type { Cut } from './cut.ts'
import { type ClipOptions, looksOf } from './shots.ts'

/** The weights that belong to this version: what a render with them depends on. */
export const OCCLUSION = { sha256: '718c70d330b434ab1fe44b2f3dcd675687d56bfd84b8d67091419785f3a4ecda' } as const

const FILE = 'occlusion.safetensors'
/** The code that puts the network together. */
const MODELS = new URL('../models', import.meta.url)
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
  const small = resizePicture({ width: sizePx, height: sizePx, data: toBytes(rgb) }, OCCLUSION_PX, OCCLUSION_PX)
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
  const bytes = await readShippedWeights(FILE, OCCLUSION.sha256, 'occlusion network')
  let parameters: Parameters | undefined
  const forget = () => {
    if (parameters !== undefined) tf.dispose(parameters)
  }
  const source = {
    async load() {
      parameters = parametersOf(decodeSafetensors(bytes, FILE).tensors)
      return occlusionProgram(parameters)
    },
  }
  const options = { name: 'occlusion', cacheKey: `occlusion ${OCCLUSION.sha256} ${fingerprint(MODELS)}` }
  const program = await device.compile(source, occlusionSignature(batch), options).catch((error: unknown) => {
    forget()
    throw error
  })
  const shape = [batch, OCCLUSION_PX, OCCLUSION_PX, 4] as const
  return {
    find: (faces) => runInBatches(program, { input: 'faces', shape, output: 'covered', fill: show }, faces),
    async dispose() {
      await program.dispose()
      forget()
    },
  }
}
