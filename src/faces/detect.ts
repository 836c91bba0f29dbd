import type { Box, Picture } from '../picture/picture.ts'
import { cropPicture, resizePicture } from '../picture/resize.ts'
import type { Detection } from './face.ts'
import { SSD_INPUT_PX } from './ssd.ts'

/** Faces smaller than this in the detector's 512 px input are missed too often. */
const SMALLEST_IN_INPUT_PX = 30
/** Neighbouring tiles share this part of their side, so that a face cut by one is whole in the other. */
const TILE_OVERLAP = 0.25
const MOST_TILES_A_SIDE = 6
const SAME_FACE_IOU = 0.4
const SAME_FACE_INSIDE = 0.7

/** What the detector says of a tile: logits [5118] and codes [5118, 4]. */
interface SsdOutput {
  readonly scores: Float32Array
  readonly codes: Float32Array
}

/** Parts of the picture to look at, each no larger than lets a face of `minSizePx` be found: the whole, then tiles of finer grids. */
export function detectionTiles(width: number, height: number, minSizePx: number): Box[] {
  const tiles: Box[] = [{ x: 0, y: 0, width, height }]
  const longest = Math.max(width, height)
  const wanted = (minSizePx / SMALLEST_IN_INPUT_PX) * SSD_INPUT_PX
  for (let side = longest / 2; side * 1.4 > wanted; side /= 2) {
    const size = Math.min(longest, Math.round(Math.max(side, wanted / 1.4) * (1 + TILE_OVERLAP)))
    const across = Math.min(MOST_TILES_A_SIDE, Math.ceil((width - size * TILE_OVERLAP) / (size * (1 - TILE_OVERLAP))))
    const down = Math.min(MOST_TILES_A_SIDE, Math.ceil((height - size * TILE_OVERLAP) / (size * (1 - TILE_OVERLAP))))
    tiles.push(...grid(width, height, size, Math.max(1, across), Math.max(1, down)))
    if (across === MOST_TILES_A_SIDE || down === MOST_TILES_A_SIDE) break
  }
  return tiles
}

function grid(width: number, height: number, size: number, across: number, down: number): Box[] {
  const w = Math.min(size, width)
  const h = Math.min(size, height)
  const at = (i: number, count: number, room: number) => (count === 1 ? Math.round(room / 2) : Math.round((room * i) / (count - 1)))
  return Array.from({ length: across * down }, (_, i) => ({
    x: at(i % across, across, width - w),
    y: at(Math.floor(i / across), down, height - h),
    width: w,
    height: h,
  }))
}

/** Size of a tile in the detector's input, px. */
function sizeInInput(tile: Box): { readonly width: number; readonly height: number } {
  const scale = SSD_INPUT_PX / Math.max(tile.width, tile.height)
  return { width: Math.max(1, Math.round(tile.width * scale)), height: Math.max(1, Math.round(tile.height * scale)) }
}

/** A tile as the detector's input [512, 512, 3] in −1…1. */
export function tileInput(picture: Picture, tile: Box): Float32Array {
  const part = tile.width === picture.width && tile.height === picture.height ? picture : cropPicture(picture, tile)
  const { width, height } = sizeInInput(tile)
  return letterbox(resizePicture(part, width, height))
}

/** Detections in one tile, in pixels of the picture. Faces cut by a border that the tile does not share with the picture are left to its neighbours. */
export function detectionsIn(
  picture: Picture,
  tile: Box,
  anchors: Float32Array,
  minScore: number,
  { scores, codes }: SsdOutput,
): Detection[] {
  const { width, height } = sizeInInput(tile)
  const logit = Math.log(minScore / (1 - minScore))
  const found: Detection[] = []
  for (let i = 0; i < scores.length; i++) {
    if (scores[i]! < logit) continue
    const box = decodeBox(anchors, codes, i, tile, picture, tile.width / width, tile.height / height)
    if (box !== undefined) found.push({ box, score: 1 / (1 + Math.exp(-scores[i]!)) })
  }
  return suppress(found)
}

const LEVELS = Float32Array.from({ length: 256 }, (_, level) => level / 127.5 - 1)

/** [512, 512, 3] in −1…1 with the picture in the top left corner and black elsewhere. */
function letterbox({ width, height, data }: Picture): Float32Array {
  const input = new Float32Array(SSD_INPUT_PX * SSD_INPUT_PX * 3).fill(-1)
  for (let y = 0; y < height; y++) {
    const row = y * width * 3
    const to = y * SSD_INPUT_PX * 3
    for (let i = 0; i < width * 3; i++) input[to + i] = LEVELS[data[row + i]!]!
  }
  return input
}

function decodeBox(
  anchors: Float32Array,
  codes: Float32Array,
  index: number,
  tile: Box,
  picture: Picture,
  scaleX: number,
  scaleY: number,
): Box | undefined {
  const [top = 0, left = 0, bottom = 0, right = 0] = anchors.subarray(index * 4, index * 4 + 4)
  const [dy = 0, dx = 0, logH = 0, logW = 0] = codes.subarray(index * 4, index * 4 + 4)
  const h = Math.exp(logH / 5) * (bottom - top) * SSD_INPUT_PX * scaleY
  const w = Math.exp(logW / 5) * (right - left) * SSD_INPUT_PX * scaleX
  const centreX = ((left + right) / 2 + (dx / 10) * (right - left)) * SSD_INPUT_PX * scaleX
  const centreY = ((top + bottom) / 2 + (dy / 10) * (bottom - top)) * SSD_INPUT_PX * scaleY
  const x0 = tile.x + centreX - w / 2
  const y0 = tile.y + centreY - h / 2
  const edge = 0.04 * Math.max(w, h)
  const cut =
    (tile.x > 0 && x0 < tile.x + edge) ||
    (tile.y > 0 && y0 < tile.y + edge) ||
    (tile.x + tile.width < picture.width && x0 + w > tile.x + tile.width - edge) ||
    (tile.y + tile.height < picture.height && y0 + h > tile.y + tile.height - edge)
  if (cut) return undefined
  const x = Math.max(0, x0)
  const y = Math.max(0, y0)
  const box = { x, y, width: Math.min(picture.width, x0 + w) - x, height: Math.min(picture.height, y0 + h) - y }
  return box.width > 1 && box.height > 1 ? box : undefined
}

function overlap(a: Box, b: Box): number {
  const w = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const h = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  return w > 0 && h > 0 ? w * h : 0
}

/** Whether two boxes are of one face: they overlap well, or the smaller lies in the other. */
function sameFace(a: Box, b: Box): boolean {
  const shared = overlap(a, b)
  const areaA = a.width * a.height
  const areaB = b.width * b.height
  return shared / (areaA + areaB - shared) > SAME_FACE_IOU || shared / Math.min(areaA, areaB) > SAME_FACE_INSIDE
}

/** Non-maximum suppression: best first, one a face. */
export function suppress<D extends Detection>(found: readonly D[]): D[] {
  const kept: D[] = []
  for (const candidate of [...found].sort((a, b) => b.score - a.score)) {
    if (!kept.some(({ box }) => sameFace(box, candidate.box))) kept.push(candidate)
  }
  return kept
}
