import { GLYPH_HEIGHT, GLYPH_WIDTH, GLYPHS } from '../picture/font.ts'
import type { Picture } from '../picture/picture.ts'
import type { Layer } from '../picture/yuvDraw.ts'
import { DfkError } from '../work/errors.ts'

/** Height of the letters as a share of the picture's short side: GB 45438-2025 asks for 5 % at least. */
const LETTER_SHARE = 0.05
/** How opaque the plate behind the letters is. */
const PLATE = 0.65

const ADVANCE = GLYPH_WIDTH + 1
/** Empty dots around the text. */
const MARGIN = 2

/** Share of the dot grid's cell at (x, y) that is ink, sampled 4 × 4 within a pixel of `dot` dots' width. */
function coverage(letters: readonly (readonly string[])[], left: number, top: number, dots: number): number {
  let ink = 0
  for (let sy = 0; sy < 4; sy++) {
    const y = Math.floor(top + ((sy + 0.5) / 4) * dots)
    if (y < 0 || y >= GLYPH_HEIGHT) continue
    for (let sx = 0; sx < 4; sx++) {
      const x = Math.floor(left + ((sx + 0.5) / 4) * dots)
      if (x >= 0 && letters[Math.floor(x / ADVANCE)]?.[y]?.[x % ADVANCE] === '#') ink++
    }
  }
  return ink / 16
}

function lettersOf(text: string): (readonly string[])[] {
  const plain = text.normalize('NFD').replace(/\p{M}/gu, '').toUpperCase()
  return [...plain].map((letter) => {
    const glyph = letter === ' ' ? [] : GLYPHS.get(letter)
    if (glyph === undefined) {
      throw new DfkError(`expected a label of Latin letters, digits and simple punctuation but found "${letter}"`, {
        hint: 'choose another text for the label',
      })
    }
    return glyph
  })
}

interface Plate {
  readonly width: number
  readonly height: number
  /** Share of ink, 0–1, row-major. */
  readonly ink: Float32Array
}

function makePlate(width: number, height: number, text: string): Plate {
  const letters = lettersOf(text)
  const dotsAcross = letters.length * ADVANCE - 1 + 2 * MARGIN
  const wanted = Math.ceil(Math.min(width, height) * LETTER_SHARE) / GLYPH_HEIGHT
  const dotPx = Math.min(Math.max(wanted, 1), width / dotsAcross)
  const plateWidth = Math.min(width, Math.round(dotsAcross * dotPx))
  const plateHeight = Math.min(height, Math.round((GLYPH_HEIGHT + 2 * MARGIN) * dotPx))
  const ink = new Float32Array(plateWidth * plateHeight)
  for (let i = 0; i < ink.length; i++) {
    const y = Math.floor(i / plateWidth)
    ink[i] = coverage(letters, (i % plateWidth) / dotPx - MARGIN, y / dotPx - MARGIN, 1 / dotPx)
  }
  return { width: plateWidth, height: plateHeight, ink }
}

/** Height of the strip at the bottom of a picture in which a label may lie. */
export function labelHeightPx(width: number, height: number): number {
  const dotPx = Math.max(Math.ceil(Math.min(width, height) * LETTER_SHARE) / GLYPH_HEIGHT, 1)
  return Math.min(height, Math.round((GLYPH_HEIGHT + 2 * MARGIN) * dotPx))
}

let last: { readonly name: string; readonly plate: Plate } | undefined

function plateFor(width: number, height: number, text: string): Plate {
  const name = `${width} ${height} ${text}`
  if (last?.name !== name) last = { name, plate: makePlate(width, height, text) }
  return last.plate
}

/**
 * Draws a label into the lower left corner of a picture, in place: white capitals, 5 % of the short side high, on a dark plate; smaller only where the text
 * would not fit the width. Needs no font. Throws DfkError for letters that it does not have.
 */
export function drawLabel(picture: Picture, text: string): void {
  const { width, height, data } = picture
  const plate = plateFor(width, height, text)
  for (let y = 0; y < plate.height; y++) {
    let p = (height - plate.height + y) * width * 3
    for (let x = 0; x < plate.width; x++) {
      const ink = plate.ink[y * plate.width + x]!
      for (const end = p + 3; p < end; p++) data[p] = Math.round((1 - ink) * (1 - PLATE) * data[p]! + ink * 255)
    }
  }
}

/** The same label as a layer over a picture of that size. */
export function labelLayer(width: number, height: number, text: string): Layer {
  const plate = plateFor(width, height, text)
  layers.set(plate, layers.get(plate) ?? layerFor(plate, height))
  return layers.get(plate)!
}

const layers = new WeakMap<Plate, Layer>()

function layerFor(plate: Plate, height: number): Layer {
  const amount = plate.ink.map((ink) => 1 - (1 - ink) * (1 - PLATE))
  const rgb = new Float32Array(amount.length * 3)
  for (let i = 0; i < amount.length; i++) rgb.fill(plate.ink[i]! / amount[i]!, i * 3, i * 3 + 3)
  return { box: { x: 0, y: height - plate.height, width: plate.width, height: plate.height }, amount, rgb }
}
