import { GLYPH_HEIGHT, GLYPH_WIDTH, GLYPHS } from '../picture/font.ts'
import { HANZI } from '../picture/hanzi.ts'
import { UsageError } from '../work/errors.ts'

/** Height of the letters as a share of the picture's short side: GB 45438-2025 asks for 5 % at least. */
const LETTER_SHARE = 0.05
/** Empty room around the text, in heights of a letter. */
const MARGIN = 2 / GLYPH_HEIGHT

/** A letter as rows of dots, `#` for ink. */
type Letter = readonly string[]
const SPACE: Letter = ['.'.repeat(GLYPH_WIDTH - 1)]

function isDense(text: string): boolean {
  return [...text].some((letter) => HANZI.has(letter))
}

/** A label's text as it is drawn: capitals without accents. */
export function plainText(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toUpperCase()
}

/** The letters of a label. Throws UsageError for what there is no drawing of. */
function lettersOf(text: string): Letter[] {
  return [...plainText(text)].map((letter) => {
    const found = letter === ' ' ? SPACE : (GLYPHS.get(letter) ?? HANZI.get(letter))
    if (found !== undefined) return found
    throw new UsageError(
      `--label-text: expected Latin letters, digits, simple punctuation and ${[...HANZI.keys()].join('')} but found "${letter}"`,
      { hint: 'choose another text for the label' },
    )
  })
}

/** Height of the letters and of the plate behind them, px. Chinese characters are never smaller than their dots. */
function sizesOf(width: number, height: number, text: string): { readonly letterPx: number; readonly plateHeight: number } {
  const letterPx = Math.max(Math.ceil(Math.min(width, height) * LETTER_SHARE), isDense(text) ? 16 : GLYPH_HEIGHT)
  return { letterPx, plateHeight: Math.min(height, Math.round((1 + 2 * MARGIN) * letterPx)) }
}

/** Width of a letter with the gap after it, in heights. */
function advanceOf(letter: Letter): number {
  return letter === SPACE ? (GLYPH_WIDTH - 1) / GLYPH_HEIGHT : (letter[0]!.length + 1) / letter.length
}

/** Share of the area `size` × `size` at (x, y), in dots of the letter, that is ink: sampled 4 × 4. */
function coverage(letter: Letter, x: number, y: number, size: number): number {
  let ink = 0
  for (let sy = 0; sy < 4; sy++) {
    const row = letter[Math.floor(y + ((sy + 0.5) / 4) * size)]
    if (row === undefined) continue
    for (let sx = 0; sx < 4; sx++) if (row[Math.floor(x + ((sx + 0.5) / 4) * size)] === '#') ink++
  }
  return ink / 16
}

/** Width of a text on its plate, in heights of a letter. */
function widthOf(letters: readonly Letter[]): number {
  const last = letters.at(-1)
  return letters.reduce((sum, letter) => sum + advanceOf(letter), 0) - (last === undefined ? 0 : 1 / last.length) + 2 * MARGIN
}

/** Whether a text is short enough to be drawn at its whole height across the short side of any picture. Throws UsageError as `lettersOf`. */
export function fitsWhole(text: string): boolean {
  return widthOf(lettersOf(text)) * LETTER_SHARE <= 1
}

/** A text on its plate. */
export interface Plate {
  readonly width: number
  readonly height: number
  /** Share of ink, 0–1, row-major. */
  readonly ink: Float32Array
}

/** Draws a label's text for a picture of that size: 5 % of the short side high, smaller only where it would not fit the width. */
export function letterPlate(width: number, height: number, text: string): Plate {
  const letters = lettersOf(text)
  const across = widthOf(letters)
  const letterPx = Math.min(sizesOf(width, height, text).letterPx, width / across)
  const plate = {
    width: Math.min(width, Math.round(across * letterPx)),
    height: Math.min(height, Math.round((1 + 2 * MARGIN) * letterPx)),
  }
  const ink = new Float32Array(plate.width * plate.height)
  let left = MARGIN * letterPx
  for (const letter of letters) {
    const dotPx = letterPx / letter.length
    const right = Math.min(plate.width, Math.ceil(left + letter[0]!.length * dotPx))
    for (let y = 0; y < plate.height && letter !== SPACE; y++)
      for (let x = Math.floor(left); x < right; x++) {
        const covered = coverage(letter, (x - left) / dotPx, (y - MARGIN * letterPx) / dotPx, 1 / dotPx)
        const at = y * plate.width + x
        ink[at] = Math.min(1, ink[at]! + covered)
      }
    left += advanceOf(letter) * letterPx
  }
  return { ...plate, ink }
}

/** Height of the strip at the bottom of a picture in which a label of Latin letters may lie. */
export function labelHeightPx(width: number, height: number): number {
  return sizesOf(width, height, '').plateHeight
}
