import { nearestRotation } from './rotation.ts'

// MediaPipe's numbering of the face mesh.
const OUTER_EYES = [33, 263] as const
const INNER_LIPS = [13, 14] as const
const EYES = [
  { top: 159, bottom: 145, left: 33, right: 133 },
  { top: 386, bottom: 374, left: 362, right: 263 },
] as const

function distance(mesh: ArrayLike<number>, i: number, j: number): number {
  return Math.hypot(mesh[i * 3]! - mesh[j * 3]!, mesh[i * 3 + 1]! - mesh[j * 3 + 1]!, mesh[i * 3 + 2]! - mesh[j * 3 + 2]!)
}

/** Distance of the eyes' outer corners in space, in the mesh's units: the measure that others are given in. */
export function interocular(mesh: ArrayLike<number>): number {
  return distance(mesh, ...OUTER_EYES)
}

/** Gap between the inner lips, in interocular distances. */
export function mouthOpening(mesh: ArrayLike<number>): number {
  return distance(mesh, ...INNER_LIPS) / interocular(mesh)
}

/** Height of the eyes' openings over their width, mean of both eyes (eye aspect ratio, Soukupová and Čech 2016). */
export function eyeOpening(mesh: ArrayLike<number>): number {
  const ratios = EYES.map(({ top, bottom, left, right }) => distance(mesh, top, bottom) / distance(mesh, left, right))
  return (ratios[0]! + ratios[1]!) / 2
}

/** Width of the eyes' openings in space, corner to corner, mean of both eyes, in the mesh's units. */
export function eyeWidth(mesh: ArrayLike<number>): number {
  return EYES.reduce((sum, { left, right }) => sum + distance(mesh, left, right), 0) / EYES.length
}

/** Mean distance of corresponding points of two meshes. */
export function meanDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i += 3) sum += Math.hypot(a[i]! - b[i]!, a[i + 1]! - b[i + 1]!, a[i + 2]! - b[i + 2]!)
  return (sum * 3) / a.length
}

/** Mean distance of corresponding points of two meshes in the picture's plane. */
export function planeDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i += 3) sum += Math.hypot(a[i]! - b[i]!, a[i + 1]! - b[i + 1]!)
  return (sum * 3) / a.length
}

/** How far the points are from moving evenly through three frames: mean length of their second difference in the plane. */
export function shake(before: ArrayLike<number>, now: ArrayLike<number>, after: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < now.length; i += 3) {
    sum += Math.hypot(before[i]! - 2 * now[i]! + after[i]!, before[i + 1]! - 2 * now[i + 1]! + after[i + 1]!)
  }
  return (sum * 3) / now.length
}

function centroid(mesh: ArrayLike<number>): readonly [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0]
  for (let i = 0; i < mesh.length; i++) sums[(i % 3) as 0 | 1 | 2] += mesh[i]!
  const count = mesh.length / 3
  return [sums[0] / count, sums[1] / count, sums[2] / count]
}

/** `mesh` moved, turned and scaled onto `onto` by least squares (Umeyama 1991): what is left of their difference is shape and expression. */
export function alignMesh(mesh: ArrayLike<number>, onto: ArrayLike<number>): Float64Array {
  const from = centroid(mesh)
  const to = centroid(onto)
  const m = new Float64Array(9)
  let spread = 0
  for (let i = 0; i < mesh.length; i += 3) {
    for (let column = 0; column < 3; column++) {
      const x = mesh[i + column]! - from[column]!
      spread += x * x
      for (let row = 0; row < 3; row++) m[row * 3 + column]! += (onto[i + row]! - to[row]!) * x
    }
  }
  const r = nearestRotation(m)
  const scale = r.reduce((sum, value, i) => sum + value * m[i]!, 0) / spread
  const out = new Float64Array(mesh.length)
  for (let i = 0; i < mesh.length; i += 3) {
    const x = mesh[i]! - from[0]
    const y = mesh[i + 1]! - from[1]
    const z = mesh[i + 2]! - from[2]
    for (let row = 0; row < 3; row++) out[i + row] = to[row]! + scale * (r[row * 3]! * x + r[row * 3 + 1]! * y + r[row * 3 + 2]! * z)
  }
  return out
}
