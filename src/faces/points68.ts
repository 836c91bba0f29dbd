import type { Landmarks } from './face.ts'

/** Mesh points that stand for the 68 points of iBUG's 300-W scheme (Sagonas et al. 2013), in its order. */
// biome-ignore format: a row a part of the face
const FROM_MESH = [
  162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389, // jaw
  71, 63, 105, 66, 107, 336, 296, 334, 293, 301, // eyebrows
  168, 197, 5, 4, 75, 97, 2, 326, 305, // nose
  33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380, // eyes
  61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, // outer lips
  78, 82, 13, 312, 308, 317, 14, 87, // inner lips
]

/** Picks the 68 points (x, y) from a mesh of 468 × (x, y, z). */
function points68FromMesh(mesh: ArrayLike<number>): Float32Array {
  const points = new Float32Array(136)
  FROM_MESH.forEach((index, i) => {
    points[i * 2] = mesh[index * 3]!
    points[i * 2 + 1] = mesh[index * 3 + 1]!
  })
  return points
}

/** Landmarks from a mesh of 468 × (x, y, z). */
export function landmarksOfMesh(mesh: Float32Array, confidence: number): Landmarks {
  return { mesh, points68: points68FromMesh(mesh), confidence }
}
