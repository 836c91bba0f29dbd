/** Face of a mesh: corners into its vertices, and into its texture coordinates. */
export interface Mesh {
  readonly vertices: Float32Array
  readonly uvs: Float32Array
  /** Triangles: three vertices each. */
  readonly corners: Int32Array
  /** The same corners' texture coordinates. */
  readonly uvCorners: Int32Array
}

/** A thing that is worn: where its vertices lie is said by three of the body's each. */
export interface Worn extends Mesh {
  readonly references: readonly (readonly number[])[]
  readonly shares: readonly (readonly number[])[]
  readonly offsets: readonly (readonly number[])[]
}

/** three.js' first JSON format of meshes (version 3), with what MakeHuman adds. */
export interface MeshFile {
  readonly vertices: readonly number[]
  readonly uvs: readonly (readonly number[])[]
  readonly faces: readonly number[]
  readonly materials: readonly { readonly DbgName: string }[]
  readonly skinIndices: readonly number[]
  readonly skinWeights: readonly number[]
  readonly bones: readonly { readonly name: string; readonly parent: number }[]
  readonly ref_vIdxs?: readonly (readonly number[])[]
  readonly weights?: readonly (readonly number[])[]
  readonly metadata: {
    readonly offsets?: readonly (readonly number[])[]
    readonly joint_pos_idxs?: Readonly<Record<string, readonly number[]>>
  }
}

const QUAD = 1
const MATERIAL = 2
const CORNER_UVS = 8

/** Reads a mesh, as triangles; only the faces of `material`, where one is named. */
export function readMesh(file: MeshFile, material?: string): Mesh {
  const { faces, materials } = file
  const corners: number[] = []
  const uvCorners: number[] = []
  for (let i = 0; i < faces.length; ) {
    const kind = faces[i++]!
    if ((kind & ~(QUAD | MATERIAL | CORNER_UVS)) !== 0)
      throw new Error(`expected faces of vertices, a material and texture coordinates but found kind ${kind}`)
    const count = kind & QUAD ? 4 : 3
    const vertices = faces.slice(i, i + count)
    i += count
    const name = kind & MATERIAL ? materials[faces[i++]!]!.DbgName : undefined
    const uvs = kind & CORNER_UVS ? faces.slice(i, i + count) : vertices
    if (kind & CORNER_UVS) i += count
    if (material !== undefined && name !== material) continue
    for (const three of count === 4
      ? [
          [0, 1, 2],
          [0, 2, 3],
        ]
      : [[0, 1, 2]]) {
      for (const k of three) {
        corners.push(vertices[k]!)
        uvCorners.push(uvs[k]!)
      }
    }
  }
  return {
    vertices: Float32Array.from(file.vertices),
    uvs: Float32Array.from(file.uvs[0]!),
    corners: Int32Array.from(corners),
    uvCorners: Int32Array.from(uvCorners),
  }
}

/** The normals of a mesh's vertices where they are now. */
export function normalsOf({ corners }: Mesh, at: Float32Array): Float32Array {
  const normals = new Float32Array(at.length)
  for (let i = 0; i < corners.length; i += 3) {
    const [a, b, c] = [3 * corners[i]!, 3 * corners[i + 1]!, 3 * corners[i + 2]!]
    const [ux, uy, uz] = [at[b]! - at[a]!, at[b + 1]! - at[a + 1]!, at[b + 2]! - at[a + 2]!]
    const [vx, vy, vz] = [at[c]! - at[a]!, at[c + 1]! - at[a + 1]!, at[c + 2]! - at[a + 2]!]
    const normal = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx]
    for (const corner of [a, b, c]) for (let k = 0; k < 3; k += 1) normals[corner + k]! += normal[k]!
  }
  for (let i = 0; i < normals.length; i += 3) {
    const far = Math.hypot(normals[i]!, normals[i + 1]!, normals[i + 2]!) || 1
    for (let k = 0; k < 3; k += 1) normals[i + k]! /= far
  }
  return normals
}
