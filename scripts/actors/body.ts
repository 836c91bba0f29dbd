import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Mesh, type MeshFile, normalsOf, readMesh, type Worn } from './mesh.ts'

const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

/** The vertices as they are drawn: one for each pair of a position and a texture coordinate. */
interface Part {
  readonly name: string
  readonly texture: string | undefined
  readonly index: readonly number[]
  readonly uvs: readonly number[]
  /** Where a vertex lies on the figure at rest, for noise that sticks to the skin. */
  readonly rest: readonly number[]
  /** How much of lip, cheek, lid and beard a vertex of the skin has. */
  readonly marks: readonly number[] | undefined
}

interface Drawn {
  readonly part: Part
  readonly mesh: Mesh
  readonly worn: Worn | undefined
  /** For each drawn vertex, the mesh's. */
  readonly from: Int32Array
}

/** How somebody is built, dressed and coloured. */
export interface Look {
  /** Weights of MakeHuman's targets, by path without folder and ending. */
  readonly shape: Readonly<Record<string, number>>
  /** What is worn, by path below `proxies`; with the texture where there are several. */
  readonly worn: readonly (readonly [path: string, texture?: string])[]
}

/** What somebody does in a frame: weights of targets, and angles in degrees. */
export interface Pose {
  readonly expression: Readonly<Record<string, number>>
  /** Positive: to the figure's left, down, and to its right shoulder. */
  readonly yaw: number
  readonly pitch: number
  readonly roll: number
  readonly gaze: readonly [yaw: number, pitch: number]
}

export interface Figure {
  readonly parts: readonly Part[]
  /** Middle between the eyes at rest. */
  readonly eyes: readonly [number, number, number]
  /** Positions and normals of all parts, one after the other. */
  pose(pose: Pose): Float32Array
}

/** Opens MakeHuman's body, and gives figures of it. `data`: the package's `public/data`, `list`: the file that names its targets. */
export function openBody(data: string, list: string): (look: Look) => Figure {
  const file: MeshFile = readJson(join(data, 'models', 'human_full_size.json'))
  const body = readMesh(file, 'body')
  const names = Object.keys(readJson(list).targets).sort()
  const raw = readFileSync(join(data, 'targets', 'targets.bin'))
  const targets = new Int16Array(raw.buffer, raw.byteOffset, raw.byteLength / 2)
  const length = file.vertices.length
  const target = (name: string): Int16Array => {
    const at = names.indexOf(`data/targets/${name}.target`)
    if (at < 0) throw new Error(`expected a target of MakeHuman's but found ${name}`)
    return targets.subarray(at * length, (at + 1) * length)
  }
  const add = (to: Float32Array, weights: Readonly<Record<string, number>>) => {
    for (const [name, weight] of Object.entries(weights)) {
      if (weight === 0) continue
      const moves = target(name)
      for (let i = 0; i < length; i += 1) if (moves[i] !== 0) to[i]! += moves[i]! * weight * 1e-3
    }
  }
  const reach = (...targetNames: readonly string[]) => {
    const far = new Float32Array(length / 3)
    for (const name of targetNames) {
      const moves = target(name)
      for (let i = 0; i < far.length; i += 1) far[i] = Math.max(far[i]!, Math.hypot(moves[3 * i]!, moves[3 * i + 1]!, moves[3 * i + 2]!))
    }
    const most = Math.max(...far)
    return far.map((value) => Math.min(1, value / (0.6 * most)))
  }
  const headness = headShares(file)

  return ({ shape, worn }) => {
    const rest = Float32Array.from(file.vertices)
    add(rest, shape)
    const drawn: Drawn[] = [
      drawnOf('skin', body, undefined, rest, undefined, [
        reach('mouth/mouth-lowerlip-volume-inflate', 'mouth/mouth-upperlip-volume-inflate'),
        reach('cheek/l-cheek-volume-inflate', 'cheek/r-cheek-volume-inflate', 'nose/nose-volume-point'),
        reach(
          'eyes/l-eye-bag-max',
          'eyes/r-eye-bag-max',
          'expression/units/caucasian/eye-left-closure',
          'expression/units/caucasian/eye-right-closure',
        ),
        reach('chin/chin-jaw-drop-more', 'chin/chin-width-max'),
      ]),
    ]
    for (const [path, texture] of worn) {
      const folder = join(data, 'proxies', path)
      const wornFile: MeshFile = readJson(join(folder, `${path.split('/').at(-1)}.json`))
      const mesh: Worn = {
        ...readMesh(wornFile),
        references: wornFile.ref_vIdxs!,
        shares: wornFile.weights!,
        offsets: wornFile.metadata.offsets!,
      }
      const name = texture ?? (wornFile.materials[0] as { mapDiffuse?: string }).mapDiffuse!.replace('textures/', '')
      const kind = path.split('/')[0]!
      drawn.push(drawnOf(kind, mesh, mesh, place(mesh, rest), `${path}/textures/${name}`, undefined))
    }
    const jointOf = (name: string) => {
      const at = file.metadata.joint_pos_idxs![name]!
      return [0, 1, 2].map((k) => at.reduce((sum, v) => sum + rest[3 * v + k]!, 0) / at.length) as [number, number, number]
    }
    const pivot = jointOf('head____head')
    const [left, right] = [jointOf('eye.L____head'), jointOf('eye.R____head')]
    const eyes = [0, 1, 2].map((k) => (left[k]! + right[k]!) / 2) as [number, number, number]
    const total = drawn.reduce((sum, { from }) => sum + from.length, 0)
    return {
      parts: drawn.map(({ part }) => part),
      eyes,
      pose({ expression, yaw, pitch, roll, gaze }) {
        const now = Float32Array.from(rest)
        add(now, expression)
        const out = new Float32Array(6 * total)
        let at = 0
        for (const { part, mesh, worn: item, from } of drawn) {
          const positions = item === undefined ? now.slice() : place(item, now)
          if (part.name === 'eyes') turnEyes(positions, left, right, gaze)
          const share = (v: number) =>
            item === undefined ? headness[v]! : item.references[v]!.reduce((sum, r, k) => sum + headness[r]! * item.shares[v]![k]!, 0)
          for (let v = 0; v < positions.length / 3; v += 1) {
            const w = Math.min(1, Math.max(0, share(v)))
            if (w > 0) turn(positions, v, pivot, [pitch * w, yaw * w, roll * w])
          }
          const normals = normalsOf(mesh, positions)
          for (const v of from) {
            for (let k = 0; k < 3; k += 1) {
              out[at + k] = positions[3 * v + k]!
              out[3 * total + at + k] = normals[3 * v + k]!
            }
            at += 3
          }
        }
        return out
      },
    }
  }
}

/** Where the vertices of something worn are. */
function place({ references, shares, offsets }: Worn, body: Float32Array): Float32Array {
  const out = new Float32Array(3 * references.length)
  for (const [v, three] of references.entries()) {
    for (let k = 0; k < 3; k += 1)
      out[3 * v + k] = offsets[v]![k]! + three.reduce((sum, r, i) => sum + shares[v]![i]! * body[3 * r + k]!, 0)
  }
  return out
}

function drawnOf(
  name: string,
  mesh: Mesh,
  worn: Worn | undefined,
  rest: Float32Array,
  texture: string | undefined,
  marks: readonly Float32Array[] | undefined,
): Drawn {
  const places = new Map<string, number>()
  const from: number[] = []
  const uvs: number[] = []
  const index = Array.from(mesh.corners, (v, i) => {
    const uv = mesh.uvCorners[i]!
    const key = `${v} ${uv}`
    let place = places.get(key)
    if (place === undefined) {
      place = from.length
      places.set(key, place)
      from.push(v)
      uvs.push(mesh.uvs[2 * uv]!, mesh.uvs[2 * uv + 1]!)
    }
    return place
  })
  const part: Part = {
    name,
    texture,
    index,
    uvs,
    rest: from.flatMap((v) => [rest[3 * v]!, rest[3 * v + 1]!, rest[3 * v + 2]!]),
    marks: marks && from.flatMap((v) => marks.map((mark) => mark[v]!)),
  }
  return { part, mesh, worn, from: Int32Array.from(from) }
}

/** How much of the head's turning each vertex of the body takes part in: all of it above the neck, and a part along it. */
function headShares({ bones, skinIndices, skinWeights, vertices }: MeshFile): Float32Array {
  const part = bones.map(({ name }): number => {
    if (/^(head|neck03)(____head)?$/.test(name)) return name.startsWith('head') ? 1 : 0.6
    if (/^neck02/.test(name)) return 0.35
    if (/^neck01/.test(name)) return 0.15
    return -1
  })
  for (const [i, { parent }] of bones.entries()) if (part[i]! < 0) part[i] = parent >= 0 && part[parent] === 1 ? 1 : 0
  const shares = new Float32Array(vertices.length / 3)
  for (let i = 0; i < skinIndices.length; i += 1) shares[i >> 2]! += skinWeights[i]! * part[skinIndices[i]!]!
  return shares
}

function turn(
  at: Float32Array,
  v: number,
  [px, py, pz]: readonly [number, number, number],
  [pitch, yaw, roll]: readonly [number, number, number],
): void {
  const radians = Math.PI / 180
  let [x, y, z] = [at[3 * v]! - px, at[3 * v + 1]! - py, at[3 * v + 2]! - pz]
  const about = (a: number, b: number, degrees: number): [number, number] => {
    const [c, s] = [Math.cos(degrees * radians), Math.sin(degrees * radians)]
    return [c * a - s * b, s * a + c * b]
  }
  ;[x, y] = about(x, y, roll)
  ;[y, z] = about(y, z, pitch)
  ;[z, x] = about(z, x, yaw)
  at.set([x + px, y + py, z + pz], 3 * v)
}

function turnEyes(
  at: Float32Array,
  left: readonly [number, number, number],
  right: readonly [number, number, number],
  [yaw, pitch]: readonly [number, number],
): void {
  for (let v = 0; v < at.length / 3; v += 1) turn(at, v, at[3 * v]! * left[0] > 0 ? left : right, [pitch, yaw, 0])
}
