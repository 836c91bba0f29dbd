import type { Affine, Box, Picture } from '../picture/picture.ts'
import { applyAffineToPoints, invertAffine, warpAffine } from '../picture/warp.ts'
import type { Device, Program, ProgramFn, Signature } from '../tensor/index.ts'
import { descriptorMatrix, judgeMatrix } from './chip.ts'
import { detectInTile, detectionTiles, suppress } from './detect.ts'
import type { DetectOptions, FaceAnalyser, FoundFace, Landmarks } from './face.ts'
import { JUDGE_INPUT_PX, judgeSignature, loadJudge } from './judge.ts'
import { loadMesh, MESH_INPUT_PX, meshSignature } from './mesh.ts'
import { landmarksOfMesh } from './points68.ts'
import { headPose } from './pose.ts'
import { loadRecogniser, RECOGNISER_INPUT_PX, recogniserSignature } from './recogniser.ts'
import { type Region, regionMatrix, regionOfBox, regionOfMesh, regionShift } from './region.ts'
import { loadSsd, SSD_INPUT_PX, ssdSignature } from './ssd.ts'

const DEFAULT_MIN_SCORE = 0.2
/** Smallest face looked for: 24 px, or this part of a large picture's longer side. */
const DEFAULT_MIN_SIZE_PX = 24
const DEFAULT_MIN_PART = 1 / 64
/** The landmark network is sure of real faces (.99 and more) and sure against everything else that the detector takes for one. */
const MIN_CONFIDENCE = 0.8
/** Two meshes whose centres are nearer than this part of their size are of one face. */
const SAME_MESH = 0.42
/** A region that moved by more than this part of its size is looked at again where it is now. */
const LOOK_AGAIN = 0.06
/** Between two looks a face neither moves nor grows by more than this. */
const LOST_SHIFT = 0.45
const LOST_GROWTH = 1.45

interface Networks {
  ssd(): Promise<{ program: Program; anchors: Float32Array }>
  mesh(): Promise<Program>
  recogniser(): Promise<Program>
  judge(): Promise<Program>
}

/** Opens the pretrained networks on a device. Each loads and compiles when it is first needed. */
export async function openFaceAnalyser(device: Device): Promise<FaceAnalyser> {
  const opened: Promise<Program>[] = []
  const compile = (fn: ProgramFn, signature: Signature, name: string) => {
    const program = device.compile(fn, signature, { name })
    opened.push(program)
    return program
  }
  const networks: Networks = {
    ssd: once(async () => {
      const { program, anchors } = await loadSsd()
      return { anchors, program: await compile(program, ssdSignature, 'face detector') }
    }),
    mesh: once(async () => compile(await loadMesh(), meshSignature, 'face landmarks')),
    recogniser: once(async () => compile(await loadRecogniser(), recogniserSignature, 'face descriptor')),
    judge: once(async () => compile(await loadJudge(), judgeSignature, 'face judge')),
  }
  return {
    detect: async (picture, options = {}) => (await find(networks, picture, options)).map(({ box, score }) => ({ box, score })),
    landmarks: (picture, box) => landmarksInBox(networks, picture, box),
    find: (picture, options = {}) => find(networks, picture, options),
    track: (picture, previous) => track(networks, picture, previous),
    async descriptor(picture, landmarks) {
      const face = crop(picture, descriptorMatrix(landmarks, RECOGNISER_INPUT_PX), RECOGNISER_INPUT_PX, 1)
      const { descriptor } = await (await networks.recogniser()).run({ face })
      return descriptor!.data as Float32Array
    },
    async judge(picture, landmarks) {
      const face = crop(picture, judgeMatrix(landmarks, JUDGE_INPUT_PX), JUDGE_INPUT_PX, 1)
      const { features } = await (await networks.judge()).run({ face })
      return unitLength(features!.data as Float32Array)
    },
    async dispose() {
      for (const program of await Promise.allSettled(opened)) if (program.status === 'fulfilled') await program.value.dispose()
    },
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** A square cut out of the picture as [1, size, size, 3], 0…255 divided by `divisor`. */
function crop(picture: Picture, matrix: Affine, sizePx: number, divisor: number): { data: Float32Array; shape: number[] } {
  const bytes = warpAffine(picture, matrix, sizePx, sizePx).data
  const data = new Float32Array(bytes.length)
  for (let i = 0; i < data.length; i++) data[i] = bytes[i]! / divisor
  return { data, shape: [1, sizePx, sizePx, 3] }
}

async function meshIn(networks: Networks, picture: Picture, region: Region): Promise<Landmarks> {
  const matrix = regionMatrix(region, MESH_INPUT_PX)
  const { mesh: found, confidence } = await (await networks.mesh()).run({ face: crop(picture, matrix, MESH_INPUT_PX, 255) })
  return landmarksOfMesh(applyAffineToPoints(invertAffine(matrix), found!.data, 3), confidence!.data[0]!)
}

/** Two looks: one upright around the box, one turned with the face that the first found. */
async function landmarksInBox(networks: Networks, picture: Picture, box: Box): Promise<Landmarks> {
  const first = await meshIn(networks, picture, regionOfBox(box))
  return meshIn(networks, picture, regionOfMesh(first.mesh))
}

async function find(networks: Networks, picture: Picture, options: DetectOptions): Promise<FoundFace[]> {
  const { minScore = DEFAULT_MIN_SCORE, max = Number.POSITIVE_INFINITY } = options
  const minSizePx = options.minSizePx ?? Math.max(DEFAULT_MIN_SIZE_PX, Math.max(picture.width, picture.height) * DEFAULT_MIN_PART)
  const { program, anchors } = await networks.ssd()
  const run = async (data: Float32Array) => {
    const { scores, codes } = await program.run({ picture: { data, shape: [1, SSD_INPUT_PX, SSD_INPUT_PX, 3] } })
    return { scores: scores!.data, codes: codes!.data }
  }
  const candidates = []
  for (const tile of detectionTiles(picture.width, picture.height, minSizePx)) {
    candidates.push(...(await detectInTile(picture, tile, anchors, minScore, run)))
  }
  const found: FoundFace[] = []
  for (const { box, score } of suppress(candidates)) {
    if (found.length >= max) break
    if (Math.max(box.width, box.height) < minSizePx) continue
    const landmarks = await landmarksInBox(networks, picture, box)
    const region = regionOfMesh(landmarks.mesh)
    const isFace = landmarks.confidence >= MIN_CONFIDENCE && regionShift(regionOfBox(box), region) < LOST_SHIFT
    const known = found.some((other) => regionShift(regionOfMesh(other.landmarks.mesh), region) < SAME_MESH)
    if (isFace && !known) found.push({ box, score, landmarks, pose: headPose(landmarks.mesh) })
  }
  return found
}

async function track(networks: Networks, picture: Picture, previous: Landmarks): Promise<FoundFace | undefined> {
  const before = regionOfMesh(previous.mesh)
  let landmarks = await meshIn(networks, picture, before)
  if (landmarks.confidence < MIN_CONFIDENCE) return undefined
  if (regionShift(before, regionOfMesh(landmarks.mesh)) > LOOK_AGAIN) {
    landmarks = await meshIn(networks, picture, regionOfMesh(landmarks.mesh))
  }
  const after = regionOfMesh(landmarks.mesh)
  const growth = after.sizePx / before.sizePx
  const lost =
    landmarks.confidence < MIN_CONFIDENCE ||
    regionShift(before, after) > LOST_SHIFT ||
    growth > LOST_GROWTH ||
    growth < 1 / LOST_GROWTH ||
    !inside(after, picture)
  if (lost) return undefined
  return { box: meshBox(landmarks.mesh), score: landmarks.confidence, landmarks, pose: headPose(landmarks.mesh) }
}

function inside({ centreX, centreY }: Region, { width, height }: Picture): boolean {
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
