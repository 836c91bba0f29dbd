import type { Box, Picture } from '../picture/picture.ts'
import { applyAffineToPoints, invertAffine, warpToReal } from '../picture/warp.ts'
import type { Landmarks, Parts } from './face.ts'
import { MESH_INPUT_PX } from './mesh.ts'
import type { OpenNetwork } from './networks.ts'
import { landmarksOfMesh } from './points68.ts'
import { type Region, regionBox, regionMatrix, regionOfBox, regionOfMesh } from './region.ts'

/** Cuts that were looked at, to be filled again: a clip is followed by one look a frame. */
const spare: Float32Array[] = []
const MOST_SPARE = 4

/** Landmarks of the face in each region. */
async function meshesIn(mesh: OpenNetwork, picture: Picture, regions: readonly Region[]): Promise<Landmarks[]> {
  const matrices = regions.map((region) => regionMatrix(region, MESH_INPUT_PX))
  const cuts = matrices.map((matrix) => warpToReal(picture, matrix, MESH_INPUT_PX, 255, 'black', spare.pop()))
  const seen = await mesh.look(cuts)
  spare.push(...cuts.slice(0, MOST_SPARE - spare.length))
  return seen.map(({ mesh: found, confidence }, i) =>
    landmarksOfMesh(applyAffineToPoints(invertAffine(matrices[i]!), found!, 3), confidence![0]!),
  )
}

/** Landmarks of the face in each box by two looks: one upright around the box, one turned with the face that the first found. */
export async function landmarksInBoxes(mesh: OpenNetwork, picture: Picture, boxes: readonly Box[]): Promise<Landmarks[]> {
  const first = await meshesIn(mesh, picture, boxes.map(regionOfBox))
  return meshesIn(
    mesh,
    picture,
    first.map((landmarks) => regionOfMesh(landmarks.mesh)),
  )
}

/** Landmarks of the face in one region of a picture, of which only that region is made. */
export async function meshInPart(mesh: OpenNetwork, whole: Parts, region: Region): Promise<Landmarks> {
  const { picture, x, y, step } = whole.part(regionBox(region), MESH_INPUT_PX)
  const inPart = { ...region, centreX: (region.centreX - x) / step, centreY: (region.centreY - y) / step, sizePx: region.sizePx / step }
  const [landmarks] = await meshesIn(mesh, picture, [inPart])
  const found = landmarks!
  if (x === 0 && y === 0 && step === 1) return found
  return landmarksOfMesh(
    found.mesh.map((value, i) => value * step + [x, y, 0][i % 3]!),
    found.confidence,
  )
}
