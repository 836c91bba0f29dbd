import type { Box, Picture } from '../picture/picture.ts'
import { warpToReal } from '../picture/warp.ts'
import type { Device } from '../tensor/index.ts'
import { descriptorMatrix, judgeMatrix } from './chip.ts'
import { lookAtEyes } from './eyes.ts'
import type { FaceAnalyser, FoundFace, Landmarks, Parts } from './face.ts'
import { createFinder, MIN_CONFIDENCE } from './find.ts'
import { IRIS } from './iris.ts'
import { JUDGE, JUDGE_INPUT_PX } from './judge.ts'
import { landmarksInBoxes, meshInPart } from './looks.ts'
import { MESH } from './mesh.ts'
import { type OpenNetwork, openNetwork } from './networks.ts'
import { headPose } from './pose.ts'
import { RECOGNISER, RECOGNISER_INPUT_PX } from './recogniser.ts'
import { LOST_SHIFT, type Region, regionOfMesh, regionShift } from './region.ts'
import { SSD } from './ssd.ts'

/** A region that moved by more than this part of its size is looked at again where it is now. */
const LOOK_AGAIN = 0.06
/** Between two looks a face does not grow by more than this. */
const LOST_GROWTH = 1.45

/** Opens the pretrained networks on a device. Each loads and compiles when it is first needed. */
export async function openFaceAnalyser(device: Device): Promise<FaceAnalyser> {
  const ssd = openNetwork(device, SSD)
  const mesh = openNetwork(device, MESH)
  const recogniser = openNetwork(device, RECOGNISER)
  const judge = openNetwork(device, JUDGE)
  const iris = openNetwork(device, IRIS)
  const find = createFinder(ssd, mesh)
  return {
    detect: async (picture, options = {}) => (await find(picture, options)).map(({ box, score }) => ({ box, score })),
    landmarks: async (picture, box) => (await landmarksInBoxes(mesh, picture, [box]))[0]!,
    find: (picture, options = {}) => find(picture, options),
    track: (picture, previous) => track(mesh, picture, previous),
    async descriptor(picture, landmarks) {
      const [seen] = await recogniser.look([warpToReal(picture, descriptorMatrix(landmarks, RECOGNISER_INPUT_PX), RECOGNISER_INPUT_PX, 1)])
      return seen!['descriptor']!
    },
    async judge(picture, landmarks) {
      const [seen] = await judge.look([warpToReal(picture, judgeMatrix(landmarks, JUDGE_INPUT_PX), JUDGE_INPUT_PX, 1)])
      return unitLength(seen!['features']!)
    },
    eyes: (picture, landmarks) => lookAtEyes(iris, picture, landmarks),
    async dispose() {
      for (const network of [ssd, mesh, recogniser, judge, iris]) await network.dispose()
    },
  }
}

/** A picture that is there already: every part is the whole. */
function wholeOf(picture: Picture | Parts): Parts {
  if ('part' in picture) return picture
  return { width: picture.width, height: picture.height, part: () => ({ picture, x: 0, y: 0, step: 1 }) }
}

async function track(mesh: OpenNetwork, picture: Picture | Parts, previous: Landmarks): Promise<FoundFace | undefined> {
  const whole = wholeOf(picture)
  const look = (region: Region) => meshInPart(mesh, whole, region)
  const before = regionOfMesh(previous.mesh)
  let landmarks = await look(before)
  if (landmarks.confidence < MIN_CONFIDENCE) return undefined
  if (regionShift(before, regionOfMesh(landmarks.mesh)) > LOOK_AGAIN) {
    landmarks = await look(regionOfMesh(landmarks.mesh))
  }
  const after = regionOfMesh(landmarks.mesh)
  const growth = after.sizePx / before.sizePx
  const lost =
    landmarks.confidence < MIN_CONFIDENCE ||
    regionShift(before, after) > LOST_SHIFT ||
    growth > LOST_GROWTH ||
    growth < 1 / LOST_GROWTH ||
    !inside(after, whole)
  if (lost) return undefined
  return { box: meshBox(landmarks.mesh), score: landmarks.confidence, landmarks, pose: headPose(landmarks.mesh) }
}

function inside({ centreX, centreY }: Region, { width, height }: Parts): boolean {
  return centreX > 0 && centreY > 0 && centreX < width && centreY < height
}

/** The mesh's bounding box, raised to the forehead as the detector's boxes are. */
function meshBox(mesh: Float32Array): Box {
  let left = Number.POSITIVE_INFINITY
  let right = Number.NEGATIVE_INFINITY
  let top = Number.POSITIVE_INFINITY
  let bottom = Number.NEGATIVE_INFINITY
  for (let i = 0; i < mesh.length; i += 3) {
    left = Math.min(left, mesh[i]!)
    right = Math.max(right, mesh[i]!)
    top = Math.min(top, mesh[i + 1]!)
    bottom = Math.max(bottom, mesh[i + 1]!)
  }
  const raise = 0.1 * (bottom - top)
  return { x: left, y: top - raise, width: right - left, height: bottom - top + raise }
}

function unitLength(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector) || 1
  return vector.map((value) => value / length)
}
