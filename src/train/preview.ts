import { join } from 'node:path'
import sharp from 'sharp'
import type { Person } from '../models/generator.ts'
import type { Run } from '../store/checkpoint.ts'
import type { Faceset } from './faceset.ts'
import type { Renderer } from './renderer.ts'
import { toUnit } from './validation.ts'

const ROWS = 5
const COLUMNS = 8

/** Side by side: source, its reconstruction, its mask; target, its reconstruction, its mask; the swap and its mask. */
export async function writePreview(run: Run, step: number, renderer: Renderer, facesets: Record<Person, Faceset>): Promise<string> {
  const { sizePx } = run.config
  const rows = Math.min(ROWS, facesets.source.heldOut.count, facesets.target.heldOut.count)
  const pick = (person: Person) => pickEvenly(facesets[person].heldOut, rows)
  const [source, target] = [pick('source'), pick('target')]
  const ofSource = await renderer.render(source)
  const ofTarget = await renderer.render(target)
  const grid = { sizePx, width: COLUMNS * sizePx, data: new Uint8Array(COLUMNS * rows * sizePx * sizePx * 3) }
  for (let row = 0; row < rows; row += 1) {
    const cells: [Float32Array, 1 | 3][] = [
      [source, 3],
      [ofSource.source.rgb, 3],
      [ofSource.source.mask, 1],
      [target, 3],
      [ofTarget.target.rgb, 3],
      [ofTarget.target.mask, 1],
      [ofTarget.source.rgb, 3],
      [ofTarget.source.mask, 1],
    ]
    for (const [column, [data, channels]] of cells.entries()) paste(grid, data, channels, row, column)
  }
  const path = join(run.folder, 'previews', `step-${String(step).padStart(6, '0')}.png`)
  await sharp(grid.data, { raw: { width: grid.width, height: rows * sizePx, channels: 3 } })
    .png()
    .toFile(path)
  return path
}

function pickEvenly({ faces, count, sizePx }: Faceset['heldOut'], rows: number): Float32Array {
  const length = sizePx * sizePx * 3
  const out = new Float32Array(rows * length)
  for (let row = 0; row < rows; row += 1) {
    const index = Math.floor(((row + 0.5) * count) / rows)
    out.set(toUnit(faces.subarray(index * length, (index + 1) * length)), row * length)
  }
  return out
}

function paste(
  grid: { sizePx: number; width: number; data: Uint8Array },
  cells: Float32Array,
  channels: 1 | 3,
  row: number,
  column: number,
): void {
  const { sizePx, width, data } = grid
  for (let y = 0; y < sizePx; y += 1) {
    for (let x = 0; x < sizePx; x += 1) {
      for (let c = 0; c < 3; c += 1) {
        const value = cells[((row * sizePx + y) * sizePx + x) * channels + (channels === 3 ? c : 0)]!
        data[((row * sizePx + y) * width + column * sizePx + x) * 3 + c] = Math.round(value * 255)
      }
    }
  }
}
