import type { Picture } from '../picture/picture.ts'
import { detectionsIn, detectionTiles, suppress, tileInput } from './detect.ts'
import type { Detection, DetectOptions, FoundFace, Landmarks } from './face.ts'
import { landmarksInBoxes } from './looks.ts'
import { MAX_BATCH, type OpenNetwork } from './networks.ts'
import { headPose } from './pose.ts'
import { LOST_SHIFT, regionOfBox, regionOfMesh, regionShift } from './region.ts'
import { loadAnchors } from './ssd.ts'

const DEFAULT_MIN_SCORE = 0.2
/** Smallest face looked for: 24 px, or this part of a large picture's longer side. */
const DEFAULT_MIN_SIZE_PX = 24
const DEFAULT_MIN_PART = 1 / 64
/** Two meshes whose centres are nearer than this part of their size are of one face. */
const SAME_MESH = 0.42
/** The landmark network is sure of real faces (.99 and more) and sure against everything else that the detector takes for one. */
export const MIN_CONFIDENCE = 0.8

/** What was seen in one picture so far: the detector's candidates by tile, and the landmarks of candidates. */
interface Seen {
  readonly tiles: Map<string, readonly Detection[]>
  readonly landmarks: Map<Detection, Landmarks>
}

/** Finds faces on whole pictures: the detector looks at one tile after the other, the landmark network at all candidates together. */
export function createFinder(ssd: OpenNetwork, mesh: OpenNetwork): (picture: Picture, options: DetectOptions) => Promise<FoundFace[]> {
  let loaded: Promise<Float32Array> | undefined
  return async (picture, options) => {
    const { minScore = DEFAULT_MIN_SCORE, max = Number.POSITIVE_INFINITY, finer } = options
    const minSizePx = options.minSizePx ?? Math.max(DEFAULT_MIN_SIZE_PX, Math.max(picture.width, picture.height) * DEFAULT_MIN_PART)
    loaded ??= loadAnchors()
    const anchors = await loaded
    const seen: Seen = { tiles: new Map(), landmarks: new Map() }
    const search = async (least: number) => {
      const candidates = await detect(ssd, anchors, picture, minScore, least, seen)
      const large = candidates.filter(({ box }) => Math.max(box.width, box.height) >= least)
      return facesAmong(mesh, picture, large, max, seen)
    }
    const found = await search(minSizePx)
    return finer === undefined || finer.suffices(found) ? found : search(finer.minSizePx)
  }
}

/** The candidates that the landmark network takes for faces, one a face, at most `max`. */
async function facesAmong(
  mesh: OpenNetwork,
  picture: Picture,
  candidates: readonly Detection[],
  max: number,
  { landmarks: known }: Seen,
): Promise<FoundFace[]> {
  const found: FoundFace[] = []
  for (let next = 0; next < candidates.length && found.length < max; ) {
    const some = candidates.slice(next, next + Math.min(MAX_BATCH, max - found.length))
    next += some.length
    const fresh = some.filter((candidate) => !known.has(candidate))
    const boxes = fresh.map(({ box }) => box)
    for (const [i, landmarks] of (await landmarksInBoxes(mesh, picture, boxes)).entries()) known.set(fresh[i]!, landmarks)
    for (const candidate of some) {
      const landmarks = known.get(candidate)!
      if (isNewFace(candidate, landmarks, found)) found.push({ ...candidate, landmarks, pose: headPose(landmarks.mesh) })
    }
  }
  return found
}

/**
 * What the detector takes for faces, best first. Tiles go through one by one: on a CPU a batch of 8 takes as long a tile (29 ms; one of 2
 * saves 7 %) and five times the memory (317 MB for 59).
 */
async function detect(
  ssd: OpenNetwork,
  anchors: Float32Array,
  picture: Picture,
  minScore: number,
  minSizePx: number,
  { tiles }: Seen,
): Promise<Detection[]> {
  const candidates: Detection[] = []
  for (const tile of detectionTiles(picture.width, picture.height, minSizePx)) {
    const name = [tile.x, tile.y, tile.width, tile.height].join(' ')
    let inTile = tiles.get(name)
    if (inTile === undefined) {
      const [seen] = await ssd.look([tileInput(picture, tile)])
      inTile = detectionsIn(picture, tile, anchors, minScore, { scores: seen!['scores']!, codes: seen!['codes']! })
      tiles.set(name, inTile)
    }
    candidates.push(...inTile)
  }
  return suppress(candidates)
}

function isNewFace({ box }: Detection, { mesh, confidence }: Landmarks, found: readonly FoundFace[]): boolean {
  const region = regionOfMesh(mesh)
  const isFace = confidence >= MIN_CONFIDENCE && regionShift(regionOfBox(box), region) < LOST_SHIFT
  return isFace && !found.some((other) => regionShift(regionOfMesh(other.landmarks.mesh), region) < SAME_MESH)
}
