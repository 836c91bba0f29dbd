import type { Random } from '../models/random.ts'
import { degrade } from './compression.ts'
import { depthAt, type Turn, turnOf } from './depth.ts'
import { nameFace } from './landmarks.ts'
import { relight } from './light.ts'
import { occlude } from './occluders.ts'

/** Strengths of the augmentation; lengths as a share of the picture's side. */
const ROTATE_DEGREES = 10
const SCALE = 0.08
const SHIFT = 0.05
const WARP_DEVIATION = 0.06
const GAIN = 0.3
const BRIGHTNESS = 0.12
const NODES = 5
/** How often a head is turned, and by how many degrees at most: further, what is hidden in the picture would have to show. */
const TURNED_SHARE = 0.5
const TURN_DEGREES = 14

/** Square pictures of one person in memory, 8 bits a channel: faces [n, s, s, 3], masks and the places of eyes and mouth [n, s, s]. */
export interface Pictures {
  readonly sizePx: number
  readonly count: number
  readonly faces: Uint8Array
  readonly masks: Uint8Array
  readonly accents: Uint8Array
  /** 68 landmarks of each face [n, 136], x and y in turn, in parts of the side. */
  readonly landmarks: Float32Array
}

/** One square picture in memory, 8 bits a channel: face [s, s, 3], mask and the places of eyes and mouth [s, s]. */
export interface Face {
  readonly sizePx: number
  readonly rgb: Uint8Array
  readonly mask: Uint8Array
  readonly accents: Uint8Array
  /** 68 landmarks [136], x and y in turn, in parts of the side. */
  readonly landmarks: Float32Array
  /** Yaw, pitch and roll [3], degrees. */
  readonly pose: Float32Array
  /** The person's face at rest, [139]; see landmarks.ts. */
  readonly rest: Float32Array
}

/** Where a face (or a batch of b) goes: two of [b, s, s, 3] and two of [b, s, s, 1] in 0–1, and what the encoder is to name [b, 139]. */
export interface PersonBatch {
  readonly warped: Float32Array
  readonly faces: Float32Array
  readonly masks: Float32Array
  readonly accents: Float32Array
  readonly landmarks: Float32Array
}

/** How a face is turned, scaled and shifted. */
export interface Place {
  readonly cos: number
  readonly sin: number
  readonly shiftX: number
  readonly shiftY: number
}

/** How a face is drawn besides its size. */
export interface AugmentOptions {
  /** Mirror half of the faces. */
  readonly flip: boolean
  /** How far faces are turned, scaled, shifted and warped, 1 in full. */
  readonly strength: number
  /** How often the input is lit from another side, has lost to a codec or camera, and is covered in part, each 0–1. */
  readonly light: number
  readonly compression: number
  readonly occluders: number
  /** Poses [m, 3] that heads are turned towards half of the time: those of the other person, whose poses this one is to be drawn in. */
  readonly towards?: Float32Array
}

/** Draws one face of side `sizePx`: turned and shifted, and of the input only warped, tinted, relit, covered in part and degraded. */
export function fillFace(face: Face, into: PersonBatch, sizePx: number, random: Random, options: AugmentOptions): void {
  const { flip, strength, towards } = options
  const pixels = sizePx * sizePx
  const straight = new Float32Array(2 * pixels)
  const bent = new Float32Array(2 * pixels)
  const side = face.sizePx
  const place = randomPlace(random, strength)
  const mirrored = flip && random.uniform() < 0.5
  const nodes = randomWarp(random).map((shift) => shift * strength)
  const turn = towards === undefined ? undefined : randomTurn(random, face.pose, towards)
  layOut(straight, sizePx, side, { place, mirrored, nodes: undefined, turn })
  layOut(bent, sizePx, side, { place, mirrored, nodes, turn })
  nameFace(face.landmarks, face.rest, turn === undefined ? { place, mirrored } : { place, mirrored, turn }, into.landmarks)
  const tint = Array.from({ length: 3 }, () => 1 + GAIN * (2 * random.uniform() - 1))
  const lift = BRIGHTNESS * (2 * random.uniform() - 1)
  sampleColours(face.rgb, side, bent, into.warped, tint, lift)
  fade(into.warped, random.uniform())
  if (random.uniform() < options.light) relight(into.warped, sizePx, random)
  if (random.uniform() < options.occluders) occlude(into.warped, sizePx, random)
  if (random.uniform() < options.compression) degrade(into.warped, sizePx, random)
  sampleColours(face.rgb, side, straight, into.faces, [1, 1, 1], 0)
  samplePlane(face.mask, side, straight, into.masks)
  samplePlane(face.accents, side, straight, into.accents)
}

/** Takes a share of the colour away: light differs between two people's footage, and is not what the encoder should tell them apart by. */
function fade(rgb: Float32Array, share: number): void {
  for (let i = 0; i < rgb.length; i += 3) {
    const luma = 0.299 * rgb[i]! + 0.587 * rgb[i + 1]! + 0.114 * rgb[i + 2]!
    for (let c = i; c < i + 3; c += 1) rgb[c]! += share * (luma - rgb[c]!)
  }
}

function randomPlace(random: Random, strength: number): Place {
  const spread = () => strength * (2 * random.uniform() - 1)
  const angle = (ROTATE_DEGREES * spread() * Math.PI) / 180
  const scale = 1 / (1 + SCALE * spread())
  const shiftX = SHIFT * spread()
  const shiftY = SHIFT * spread()
  return { cos: Math.cos(angle) * scale, sin: Math.sin(angle) * scale, shiftX, shiftY }
}

/** Half of the time, a turn towards a pose of `towards`; else none. Always as many random numbers. */
function randomTurn(random: Random, pose: Float32Array, towards: Float32Array): Turn | undefined {
  const turned = random.uniform() < TURNED_SHARE
  const other = 3 * random.below(towards.length / 3)
  if (!turned) return undefined
  const by = (axis: number) => Math.max(-TURN_DEGREES, Math.min(TURN_DEGREES, towards[other + axis]! - pose[axis]!))
  return turnOf(by(0), by(1))
}

/** Shifts of a 5×5 grid of nodes whose border stands still: x of all nodes, then y. */
function randomWarp(random: Random): Float32Array {
  const nodes = new Float32Array(2 * NODES * NODES)
  for (let axis = 0; axis < 2; axis += 1) {
    for (let row = 1; row < NODES - 1; row += 1) {
      for (let column = 1; column < NODES - 1; column += 1) {
        const shift = Math.max(-2.5, Math.min(2.5, random.normal()))
        nodes[axis * NODES * NODES + row * NODES + column] = shift * WARP_DEVIATION
      }
    }
  }
  return nodes
}

/** How the pixels of a batch lie in a stored picture. */
interface Layout {
  readonly place: Place
  readonly mirrored: boolean
  readonly nodes: Float32Array | undefined
  readonly turn: Turn | undefined
}

/** For each pixel of the batch, where in the stored picture it comes from, in pixels of that: x, y in turn. */
function layOut(coordinates: Float32Array, sizePx: number, side: number, { place, mirrored, nodes, turn }: Layout): void {
  const { cos, sin, shiftX, shiftY } = place
  const row = new Float32Array(2 * NODES)
  let at = 0
  for (let y = 0; y < sizePx; y += 1) {
    const v = (y + 0.5) / sizePx
    if (nodes !== undefined) blendNodeRows(nodes, v, row)
    for (let x = 0; x < sizePx; x += 1) {
      let px = (x + 0.5) / sizePx
      let py = v
      if (nodes !== undefined) {
        const across = px * (NODES - 1)
        const left = Math.min(NODES - 2, across | 0)
        const part = across - left
        px += row[left]! * (1 - part) + row[left + 1]! * part
        py += row[NODES + left]! * (1 - part) + row[NODES + left + 1]! * part
      }
      px += shiftX - 0.5
      py += shiftY - 0.5
      const u = cos * px - sin * py
      let fromX = (mirrored ? -u : u) + 0.5
      let fromY = sin * px + cos * py + 0.5
      if (turn !== undefined) {
        const depth = depthAt(fromX, fromY)
        fromX -= turn.x * depth
        fromY -= turn.y * depth
      }
      coordinates[at] = fromX * side - 0.5
      coordinates[at + 1] = fromY * side - 0.5
      at += 2
    }
  }
}

function blendNodeRows(nodes: Float32Array, v: number, row: Float32Array): void {
  const down = v * (NODES - 1)
  const top = Math.min(NODES - 2, down | 0)
  const part = down - top
  for (let axis = 0; axis < 2; axis += 1) {
    for (let column = 0; column < NODES; column += 1) {
      const at = axis * NODES * NODES + top * NODES + column
      row[axis * NODES + column] = nodes[at]! * (1 - part) + nodes[at + NODES]! * part
    }
  }
}

/** Bilinear, borders repeated; each channel times its gain plus a lift, kept in 0–1. */
function sampleColours(
  picture: Uint8Array,
  side: number,
  coordinates: Float32Array,
  out: Float32Array,
  gain: readonly number[],
  lift: number,
): void {
  const last = side - 1
  const gains = [gain[0]! / 255, gain[1]! / 255, gain[2]! / 255] as const
  for (let at = 0, o = 0; at < coordinates.length; at += 2, o += 3) {
    const x = Math.max(0, Math.min(last, coordinates[at]!))
    const y = Math.max(0, Math.min(last, coordinates[at + 1]!))
    const x0 = x | 0
    const y0 = y | 0
    const fx = x - x0
    const fy = y - y0
    const a = (y0 * side + x0) * 3
    const b = x0 < last ? a + 3 : a
    const down = y0 < last ? side * 3 : 0
    const wa = (1 - fx) * (1 - fy)
    const wb = fx * (1 - fy)
    const wc = (1 - fx) * fy
    const wd = fx * fy
    for (let c = 0; c < 3; c += 1) {
      const mixed = wa * picture[a + c]! + wb * picture[b + c]! + wc * picture[a + down + c]! + wd * picture[b + down + c]!
      const value = mixed * gains[c as 0] + lift
      out[o + c] = Math.max(0, Math.min(1, value))
    }
  }
}

function samplePlane(plane: Uint8Array, side: number, coordinates: Float32Array, out: Float32Array): void {
  const last = side - 1
  for (let o = 0; o < out.length; o += 1) {
    const x = Math.max(0, Math.min(last, coordinates[2 * o]!))
    const y = Math.max(0, Math.min(last, coordinates[2 * o + 1]!))
    const x0 = x | 0
    const y0 = y | 0
    const fx = x - x0
    const fy = y - y0
    const a = y0 * side + x0
    const b = x0 < last ? a + 1 : a
    const down = y0 < last ? side : 0
    const top = plane[a]! + (plane[b]! - plane[a]!) * fx
    const bottom = plane[a + down]! + (plane[b + down]! - plane[a + down]!) * fx
    out[o] = (top + (bottom - top) * fy) / 255
  }
}
