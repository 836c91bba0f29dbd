import { createHash } from 'node:crypto'
import { join } from 'node:path'
import sharp from 'sharp'
import type { Person } from '../models/generator.ts'
import { captionHeightPx, captionWidthPx, drawCaption } from '../picture/caption.ts'
import { enlargeSquare } from '../picture/enlarge.ts'
import { createPicture, type Picture } from '../picture/picture.ts'
import { embedWatermark, markPng } from '../provenance/index.ts'
import type { Run, RunConfig } from '../store/checkpoint.ts'
import { writeWhole } from '../work/whole.ts'
import type { Faceset } from './faceset.ts'
import type { Renderer } from './renderer.ts'
import { spreadOut } from './spread.ts'
import { toUnit } from './unseen.ts'

const ROWS = 5
const COLUMNS = ['source', 'rebuilt', 'mask', 'target', 'rebuilt', 'mask', 'swap', 'mask'] as const
/** Smaller faces are enlarged to about this, so that a person sees something. */
const CELL_PX = 128
/** Between source, target and swap. */
const GAP_PX = 8
const HEADING = { dotPx: 2, padPx: 6 } as const

/** Rendered cells of one column: [rows, s, s, 3] or, of masks, [rows, s, s, 1], in 0–1. */
export type Column = readonly [cells: Float32Array, channels: 1 | 3]

/** Side by side: source, its reconstruction, its mask; target, its reconstruction, its mask; the swap and its mask. */
export async function writePreview(run: Run, step: number, renderer: Renderer, facesets: Record<Person, Faceset>): Promise<string> {
  const { sizePx } = run.config
  const rows = Math.min(ROWS, facesets.source.heldOut.count, facesets.target.heldOut.count)
  const [source, target] = [pickFaces(facesets.source.heldOut, rows), pickFaces(facesets.target.heldOut, rows)]
  const ofSource = await renderer.render(source)
  const ofTarget = await renderer.render(target)
  const sheet = drawGrid(sizePx, rows, [
    [source, 3],
    [ofSource.source.rgb, 3],
    [ofSource.source.mask, 1],
    [target, 3],
    [ofTarget.target.rgb, 3],
    [ofTarget.target.mask, 1],
    [ofTarget.source.rgb, 3],
    [ofTarget.source.mask, 1],
  ])
  const path = join(run.folder, 'previews', `step-${String(step).padStart(6, '0')}.png`)
  await writeWhole(path, await markedPreview(sheet, previewId(run.config, step)))
  return path
}

/** The id of a preview, the same whenever the same run comes to that step. */
export function previewId({ name, seed, source, target }: RunConfig, step: number): string {
  const named = JSON.stringify([name, seed, source.facesSha256, target.facesSha256, step])
  return createHash('sha256').update(named).digest('hex').slice(0, 16)
}

/** A sheet as PNG with watermark, which is written into it, and metadata marks: it shows a face that was never filmed. The same sheet gives the same file. */
export async function markedPreview(sheet: Picture, id: string): Promise<Buffer> {
  embedWatermark(sheet, id)
  const { width, height, data } = sheet
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer()
  return markPng(png, id, undefined, null)
}

/** Faces of different poses and expressions, in order of time. */
function pickFaces({ faces, landmarks, count, sizePx }: Faceset['heldOut'], rows: number): Float32Array {
  const length = sizePx * sizePx * 3
  const out = new Float32Array(rows * length)
  for (const [row, index] of spreadOut(landmarks, count, rows).entries()) {
    out.set(toUnit(faces.subarray(index * length, (index + 1) * length)), row * length)
  }
  return out
}

/** Draws columns of cells of side `sizePx` under their headings, small ones enlarged. */
export function drawGrid(sizePx: number, rows: number, columns: readonly Column[]): Picture {
  const factor = Math.max(1, Math.round(CELL_PX / sizePx))
  const cellPx = sizePx * factor
  const top = captionHeightPx(HEADING.dotPx) + 2 * HEADING.padPx
  const leftOf = (column: number) => column * cellPx + Math.floor(column / 3) * GAP_PX
  const picture = createPicture(leftOf(columns.length - 1) + cellPx, top + rows * cellPx)
  for (const [column, [cells, channels]] of columns.entries()) {
    const text = COLUMNS[column] ?? ''
    const middle = leftOf(column) + Math.round((cellPx - captionWidthPx(text, HEADING.dotPx)) / 2)
    drawCaption(picture, text, middle, HEADING.padPx, HEADING.dotPx)
    const length = sizePx * sizePx * channels
    for (let row = 0; row < rows; row += 1) {
      const cell = enlargeSquare(cells.subarray(row * length, (row + 1) * length), sizePx, channels, factor)
      paste(picture, cell, channels, cellPx, leftOf(column), top + row * cellPx)
    }
  }
  return picture
}

function paste({ width, data }: Picture, cell: Float32Array, channels: 1 | 3, cellPx: number, left: number, top: number): void {
  for (let y = 0; y < cellPx; y += 1) {
    for (let x = 0; x < cellPx; x += 1) {
      for (let c = 0; c < 3; c += 1) {
        const value = cell[(y * cellPx + x) * channels + (channels === 3 ? c : 0)]!
        data[((top + y) * width + left + x) * 3 + c] = Math.round(255 * Math.max(0, Math.min(1, value)))
      }
    }
  }
}
