import { CANONICAL } from '../../src/faces/canonical.ts'
import { type Landmarks, landmarksOfMesh } from '../../src/faces/index.ts'

/** A mesh whose steady points are the canonical face, turned by `yaw`, `pitch` and `roll` degrees, `scale` px high, at (x, y). */
export function syntheticFace({ yaw = 0, pitch = 0, roll = 0, scale = 100, x = 200, y = 150 } = {}): Landmarks {
  const [a, b, c] = [yaw, pitch, roll].map((degrees) => (degrees * Math.PI) / 180) as [number, number, number]
  const mesh = new Float32Array(468 * 3)
  for (const [index, px, py, pz] of CANONICAL) {
    // About the head's own axis first: a positive yaw brings the nose (negative z) to the picture's right.
    const x1 = px * Math.cos(a) - pz * Math.sin(a)
    const z1 = px * Math.sin(a) + pz * Math.cos(a)
    const y2 = py * Math.cos(b) + z1 * Math.sin(b)
    const z2 = z1 * Math.cos(b) - py * Math.sin(b)
    const x3 = x1 * Math.cos(c) - y2 * Math.sin(c)
    const y3 = x1 * Math.sin(c) + y2 * Math.cos(c)
    mesh.set([x + x3 * scale, y + y3 * scale, z2 * scale], index * 3)
  }
  return landmarksOfMesh(mesh, 1)
}
