import { CANONICAL } from '../../../src/faces/canonical.ts'
import type { FoundFace } from '../../../src/faces/index.ts'
import { landmarksOfMesh } from '../../../src/faces/index.ts'
import { createPicture, type Picture } from '../../../src/picture/picture.ts'

/** Side of the made-up pictures. */
export const SIDE_PX = 240
const CENTRE = { x: 120, y: 120 }
const RADIUS = { x: 56, y: 70 }

/** Numbers 0–1 that look random and are the same each time (Park and Miller 1988). */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
}

/** A face whose landmarks fill an ellipse in the middle, the canonical ones in their places; moved by (dx, dy), with the mouth `open` pixels. */
export function madeUpFace(dx = 0, dy = 0, open = 0): FoundFace {
  const mesh = new Float32Array(468 * 3)
  for (let i = 0; i < 468; i++) {
    const angle = i * 2.399963 // golden angle: an even spread
    const radius = Math.sqrt((i + 0.5) / 468)
    mesh.set([CENTRE.x + dx + RADIUS.x * radius * Math.cos(angle), CENTRE.y + dy + RADIUS.y * radius * Math.sin(angle), 0], i * 3)
  }
  for (const [index, x, y, z] of CANONICAL) mesh.set([CENTRE.x + dx + 2 * RADIUS.y * x, CENTRE.y + dy + 2 * RADIUS.y * y, z], index * 3)
  mesh.set([CENTRE.x + dx, CENTRE.y + dy + 30 - open / 2, 0], 13 * 3)
  mesh.set([CENTRE.x + dx, CENTRE.y + dy + 30 + open / 2, 0], 14 * 3)
  const box = { x: CENTRE.x + dx - RADIUS.x, y: CENTRE.y + dy - RADIUS.y, width: 2 * RADIUS.x, height: 2 * RADIUS.y }
  return { box, score: 1, landmarks: landmarksOfMesh(mesh, 1), pose: { yaw: 0, pitch: 0, roll: 0 } }
}

const drawn = new Map<number, Float32Array>()

/** Blobs of several sizes, about 128. */
function blobs(seed: number): Float32Array {
  const known = drawn.get(seed)
  if (known !== undefined) return known
  const draw = randomNumbers(seed)
  const plane = new Float32Array(SIDE_PX * SIDE_PX).fill(128)
  for (let k = 0; k < 24; k++) {
    const frequency = 0.02 * 1.18 ** k
    const [angle, phase, size] = [2 * Math.PI * draw(), 2 * Math.PI * draw(), 14 / (1 + 0.35 * k)]
    const [fx, fy] = [2 * Math.PI * frequency * Math.cos(angle), 2 * Math.PI * frequency * Math.sin(angle)]
    for (let i = 0; i < plane.length; i++) plane[i]! += size * Math.sin(fx * (i % SIDE_PX) + fy * Math.floor(i / SIDE_PX) + phase)
  }
  drawn.set(seed, plane)
  return plane
}

/** Texture as a camera gives it: blobs of several sizes and grain, over all of the picture alike; `seed` draws it, `grainSeed` the grain. */
export function texture(seed: number, grainSeed = seed + 1, grain = 10): Picture {
  const picture = createPicture(SIDE_PX, SIDE_PX)
  const noise = randomNumbers(grainSeed)
  const plane = blobs(seed)
  for (let i = 0; i < picture.data.length; i++) {
    picture.data[i] = Math.max(0, Math.min(255, plane[Math.floor(i / 3)]! + grain * (noise() - 0.5) + 6 * (1 - (i % 3))))
  }
  return picture
}

/** `inside` within an ellipse of `factor` times the face's, `outside` around it, with an edge of a few pixels. */
export function pasted(outside: Picture, inside: Picture, factor = 0.92): Picture {
  const out = createPicture(SIDE_PX, SIDE_PX)
  for (let y = 0, i = 0; y < SIDE_PX; y++) {
    for (let x = 0; x < SIDE_PX; x++) {
      const r = Math.hypot((x + 0.5 - CENTRE.x) / RADIUS.x, (y + 0.5 - CENTRE.y) / RADIUS.y)
      const weight = Math.max(0, Math.min(1, (factor - r) * 15 + 0.5))
      for (let c = 0; c < 3; c++, i++) out.data[i] = weight * inside.data[i]! + (1 - weight) * outside.data[i]! + 0.5
    }
  }
  return out
}
