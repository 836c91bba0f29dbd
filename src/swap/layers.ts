import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { headPose, type Landmarks, landmarksOfMesh } from '../faces/index.ts'
import { encodeExr, encodePng16, fieldsOf, type MediaInfo, openPlates, type PlatePlan } from '../media/index.ts'
import { scaleAffine } from '../picture/affine.ts'
import type { Plate } from '../picture/plate.ts'
import { type PlateAlpha, plateLinear, plateRgba, plateYuva } from '../picture/plateFrames.ts'
import { markPng, outputTexts } from '../provenance/index.ts'
import { toHalf } from '../store/half.ts'
import { syncFolder } from '../work/whole.ts'
import { chromaticitiesOf } from './primaries.ts'
import type { RenderedFrame } from './render.ts'
import type { FrameOptions } from './shots.ts'

type LayerFormat = 'prores' | 'png' | 'exr'

/** What is written beside a merged clip for compositors. */
export interface LayersPlan {
  readonly format: LayerFormat
  readonly alpha: PlateAlpha
}

/** File of one line of JSON a frame: where its faces are. */
export const FRAMES_FILE = 'frames.jsonl'
/** A segment's plates in ProRes. */
export const PLATES_PART = 'plates.nut'

/** What all plates of a clip have in common. */
export function platePlan({ coded, fps, timeBase, colour, details }: MediaInfo): PlatePlan {
  return { ...coded, fps, timeBase, tags: colour, fields: fieldsOf(details?.fieldOrder) }
}

/** Name of a frame's picture, by its number in the clip from 0: `frame_000001.png` is the first. */
function frameName(index: number, format: LayerFormat): string {
  return `frame_${String(index + 1).padStart(6, '0')}.${format}`
}

/** Where a segment's layers are, beside the picture at `path`. */
export function layersOf(path: string): string {
  return path.replace(/\.nut$/, '.layers')
}

const round = (value: number) => Math.round(value * 100) / 100

/** The upright box around landmarks: x, y, width, height. */
function boundsOf({ mesh }: Landmarks): [number, number, number, number] {
  const along = (axis: number) => mesh.filter((_, i) => i % 3 === axis)
  const [xs, ys] = [along(0), along(1)]
  const [x, y] = [Math.min(...xs), Math.min(...ys)]
  return [x, y, Math.max(...xs) - x, Math.max(...ys) - y]
}

/** What the alignment file says of a frame. Positions are pixels of the frame, made square; pixel centres lie at .5. */
function frameLine({ frame, faces, places }: RenderedFrame, { look, strength }: FrameOptions): object {
  const { mask, occlusion, hair, ...rest } = look
  return {
    frame: frame.index + 1,
    timeS: Number(frame.timeS.toFixed(6)),
    faces: faces.map(({ matrix, sizePx, finer }, i) => {
      const { landmarks, member, strength: shown } = places[i]!
      const { a, b, tx, c, d, ty } = scaleAffine(matrix, finer)
      const { yaw, pitch, roll } = headPose(landmarks.mesh)
      const points = landmarksOfMesh(landmarks.mesh, landmarks.confidence).points68
      return {
        who: member.person,
        aligned: { sizePx: sizePx * finer, matrix: [a, b, tx, c, d, ty] },
        landmarks68: Array.from({ length: 68 }, (_, k) => [round(points[2 * k]!), round(points[2 * k + 1]!)]),
        box: boundsOf(landmarks).map(round),
        pose: { yaw: round(yaw), pitch: round(pitch), roll: round(roll) },
        mask: { ...mask, occlusion, hair, strength: round(strength * shown) },
        look: rest,
      }
    }),
  }
}

/** The layers of one segment on their way into its folder. */
export interface LayerSegment {
  /** Appends a frame; `plate`: what was laid over it, if anything was. */
  write(rendered: RenderedFrame, options: FrameOptions, plate: Plate | undefined): Promise<void>
  /** Ends the files, waits until the disk has them and gives them their place: from now on they survive whatever happens. */
  keep(): Promise<void>
  /** Stops and leaves nothing. */
  abort(): Promise<void>
}

/** Where and for what clip layers are written. */
export interface LayerTarget {
  readonly plan: LayersPlan
  readonly info: MediaInfo
  /** Where the segment's picture will be. */
  readonly path: string
  /** Where the layers are written until they are whole: a folder. */
  readonly part: string
  readonly outputId: string
  /** Who answers for them, where it is not dfk. */
  readonly provider: string | undefined
  /** Name for errors. */
  readonly output: string
  readonly signal?: AbortSignal | undefined
}

/** Writes one frame's picture. */
type WritePlate = (plate: Plate | undefined, index: number) => Promise<void>

function pngWriter({ plan, info, part, outputId, provider }: LayerTarget): WritePlate {
  const { width, height } = info.coded
  return async (plate, index) => {
    const png = await encodePng16(plateRgba(plate, width, height, plan.alpha), width, height)
    await writeFile(join(part, frameName(index, 'png')), markPng(png, outputId, provider))
  }
}

function exrWriter({ plan, info, part, outputId, provider }: LayerTarget): WritePlate {
  const { width, height, sar } = info.coded
  const common = { width, height, pixelAspect: sar.num / sar.den, fps: info.fps, chromaticities: chromaticitiesOf(info.colour) }
  return async (plate, index) => {
    const { box, red, green, blue, alpha } = plateLinear(plate, plan.alpha, info.colour.transfer)
    const channels = { A: toHalf(alpha), B: toHalf(blue), G: toHalf(green), R: toHalf(red) }
    const exr = await encodeExr({ ...common, window: box, channels, texts: outputTexts(outputId, provider) })
    await writeFile(join(part, frameName(index, 'exr')), exr)
  }
}

async function syncFiles(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = await open(join(folder, name), 'r+')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
  }
  await syncFolder(folder)
}

/** Opens the layers of a segment. */
export async function openLayers(target: LayerTarget): Promise<LayerSegment> {
  const { plan, info, part, path, output, signal } = target
  await rm(part, { recursive: true, force: true })
  await mkdir(part)
  const { width, height } = info.coded
  const film = plan.format === 'prores' ? await openPlates(platePlan(info), { file: join(part, PLATES_PART), output, signal }) : undefined
  const still = plan.format === 'png' ? pngWriter(target) : exrWriter(target)
  const lines: string[] = []
  return {
    async write(rendered, options, plate) {
      const { index, timeS } = rendered.frame
      if (film === undefined) await still(plate, index)
      else await film.write(plateYuva(plate, width, height, plan.alpha), timeS)
      lines.push(`${JSON.stringify(frameLine(rendered, options))}\n`)
    },
    async keep() {
      await film?.finish()
      await writeFile(join(part, FRAMES_FILE), lines.join(''))
      await syncFiles(part)
      await rm(layersOf(path), { recursive: true, force: true })
      await rename(part, layersOf(path))
    },
    async abort() {
      await film?.abort()
      await rm(part, { recursive: true, force: true })
    },
  }
}
