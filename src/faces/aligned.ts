import type { Affine, Picture } from '../picture/picture.ts'
import { applyAffineToPoints, invertAffine, warpToReal } from '../picture/warp.ts'
import type { Device } from '../tensor/index.ts'
import { descriptorMatrix } from './chip.ts'
import { unit } from './descriptor.ts'
import type { Landmarks } from './face.ts'
import { MIN_CONFIDENCE } from './find.ts'
import { MESH, MESH_INPUT_PX } from './mesh.ts'
import { type BATCHES, MAX_BATCH, type OpenNetwork, openNetwork } from './networks.ts'
import { landmarksOfMesh } from './points68.ts'
import { RECOGNISER, RECOGNISER_INPUT_PX } from './recogniser.ts'
import { type Region, regionMatrix, regionOfMesh } from './region.ts'

/** Looks at aligned faces, many at a time and without the detector: where the face lies in such a picture is known. */
export interface AlignedFaces {
  /** Landmarks of each picture's face; undefined where the network takes it for none. With `near`, one look at where that face lies, so that equal pictures give equal landmarks. */
  landmarks(pictures: readonly Picture[], near?: readonly Landmarks[]): Promise<(Landmarks | undefined)[]>
  /** Descriptors of the pipeline's own recogniser, of length 1. */
  descriptors(pictures: readonly Picture[], landmarks: readonly Landmarks[]): Promise<Float32Array[]>
  dispose(): Promise<void>
}

/** Opens the landmark network and the recogniser; each compiles one program when it is first needed, for `batch` pictures at a time: 8, or 4, 2 or 1. */
export function openAlignedFaces(device: Device, batch: (typeof BATCHES)[number] = MAX_BATCH): AlignedFaces {
  const mesh = openNetwork(device, MESH)
  const recogniser = openNetwork(device, RECOGNISER)
  return {
    async landmarks(pictures, near) {
      const first = near ?? (await meshes(mesh, pictures, pictures.map(wholePicture), batch))
      const found = await meshes(
        mesh,
        pictures,
        first.map((face) => regionOfMesh(face.mesh)),
        batch,
      )
      return found.map((face) => (face.confidence < MIN_CONFIDENCE ? undefined : face))
    },
    async descriptors(pictures, landmarks) {
      const matrices = landmarks.map((face) => descriptorMatrix(face, RECOGNISER_INPUT_PX))
      const seen = await lookInBatches(recogniser, pictures, matrices, { sizePx: RECOGNISER_INPUT_PX, divisor: 1, batch })
      return seen.map((each) => unit(each['descriptor']!))
    },
    async dispose() {
      await mesh.dispose()
      await recogniser.dispose()
    },
  }
}

function wholePicture({ width, height }: Picture): Region {
  return { centreX: width / 2, centreY: height / 2, sizePx: Math.max(width, height), angle: 0 }
}

async function meshes(network: OpenNetwork, pictures: readonly Picture[], regions: readonly Region[], batch: number): Promise<Landmarks[]> {
  const matrices = regions.map((region) => regionMatrix(region, MESH_INPUT_PX))
  const seen = await lookInBatches(network, pictures, matrices, { sizePx: MESH_INPUT_PX, divisor: 255, batch })
  return seen.map(({ mesh, confidence }, i) => landmarksOfMesh(applyAffineToPoints(invertAffine(matrices[i]!), mesh!, 3), confidence![0]!))
}

/** Whole batches only, the last one filled up, so that one program is enough; what lies beyond a picture repeats its border. */
async function lookInBatches(
  network: OpenNetwork,
  pictures: readonly Picture[],
  matrices: readonly Affine[],
  { sizePx, divisor, batch }: { readonly sizePx: number; readonly divisor: number; readonly batch: number },
): Promise<Readonly<Record<string, Float32Array>>[]> {
  const seen: Readonly<Record<string, Float32Array>>[] = []
  for (let first = 0; first < pictures.length; first += batch) {
    const some = pictures.slice(first, first + batch)
    const crops = some.map((picture, i) => warpToReal(picture, matrices[first + i]!, sizePx, divisor, 'replicate'))
    const filled = Array.from({ length: batch }, (_, i) => crops[Math.min(i, crops.length - 1)]!)
    seen.push(...(await network.look(filled)).slice(0, crops.length))
  }
  return seen
}
