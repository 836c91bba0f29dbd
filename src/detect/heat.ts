import { pastePicture } from '../picture/paste.ts'
import { createPicture, type Picture } from '../picture/picture.ts'
import { type FaceCalibration, probabilityOf } from './calibration.ts'

const GAP_PX = 4
/** Colour of the strongest evidence, and how much of it covers the face at most. */
const RED = [230, 30, 20] as const
const MOST_COVER = 0.75

/** Logits between cells below which a face counts as even: what is less is no structure. */
const EVEN = 1

/**
 * How strongly each cell speaks for manipulation, 0–1, in proportion up to the face's strongest cell: from even odds, or, where every cell is above them, from so far below the
 * weakest that it keeps a quarter, so that what stands out does so in a face that is replaced altogether too. All of it is weakened by how strong the strongest is, so that a face without evidence stays plain.
 */
function strengths(evidence: Float32Array, calibration: FaceCalibration): Float32Array {
  const [weakest, strongest] = [Math.min(...evidence), Math.max(...evidence)]
  const none = Math.max(-calibration.intercept / calibration.slope, weakest - Math.max(EVEN, (strongest - weakest) / 3))
  const most = 2 * probabilityOf(strongest, calibration) - 1
  return evidence.map((logit) => (most <= 0 ? 0 : (most * Math.max(0, logit - none)) / (strongest - none)))
}

/** Cells at least so strong, of the strongest, count as strong; and so many of them, of all, are all over a face. */
const STRONG = 0.75
const ALL_OVER = 0.5

/** Whether the evidence is all over a face, as where it was replaced altogether: then the map tells no place. */
export function isAllOver(evidence: Float32Array, calibration: FaceCalibration): boolean {
  const cells = strengths(evidence, calibration)
  const strongest = Math.max(...cells)
  return strongest > 0 && cells.filter((cell) => cell >= STRONG * strongest).length >= ALL_OVER * cells.length
}

/** Value at a place of a square grid of cells, interpolated between their centres. */
function valueAt(cells: Float32Array, across: number, u: number, v: number): number {
  const place = (at: number) => Math.max(0, Math.min(across - 1, at * across - 0.5))
  const [x, y] = [place(u), place(v)]
  const [left, top] = [Math.min(across - 2, Math.floor(x)), Math.min(across - 2, Math.floor(y))]
  const row = (line: number) => {
    const first = cells[line * across + left]!
    return first + (cells[line * across + left + 1]! - first) * (x - left)
  }
  return row(top) + (row(top + 1) - row(top)) * (y - top)
}

/** The crop, and right of it the same in grey with the evidence of the network's cells in red, in proportion to the strongest. */
export function besideEvidence(crop: Picture, evidence: Float32Array, calibration: FaceCalibration): Picture {
  const { width, height, data } = crop
  const across = Math.round(Math.sqrt(evidence.length))
  const cells = strengths(evidence, calibration)
  const out = createPicture(2 * width + GAP_PX, height)
  out.data.fill(255)
  pastePicture(out, crop, 0, 0)
  for (let y = 0; y < height; y += 1) {
    const row = y * out.width * 3
    for (let x = 0; x < width; x += 1) {
      const from = (y * width + x) * 3
      const grey = 0.3 * data[from]! + 0.59 * data[from + 1]! + 0.11 * data[from + 2]!
      const cover = MOST_COVER * valueAt(cells, across, (x + 0.5) / width, (y + 0.5) / height)
      const to = row + (width + GAP_PX + x) * 3
      for (let c = 0; c < 3; c += 1) out.data[to + c] = Math.round(grey + (RED[c]! - grey) * cover)
    }
  }
  return out
}
