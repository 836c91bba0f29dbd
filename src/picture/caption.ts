import { GLYPH_HEIGHT, GLYPH_WIDTH, GLYPHS } from './font.ts'
import type { Picture } from './picture.ts'

/** Width of a caption whose dots are `dotPx` wide. */
export function captionWidthPx(text: string, dotPx: number): number {
  return (text.length * (GLYPH_WIDTH + 1) - 1) * dotPx
}

/** Height of a caption whose dots are `dotPx` high. */
export function captionHeightPx(dotPx: number): number {
  return GLYPH_HEIGHT * dotPx
}

/** Draws capitals at (left, top) in place, light grey, dots of `dotPx`; letters that the font lacks stay empty, what lies outside is left out. */
export function drawCaption({ width, height, data }: Picture, text: string, left: number, top: number, dotPx: number): void {
  for (const [at, letter] of [...text.toUpperCase()].entries()) {
    const glyph = GLYPHS.get(letter) ?? []
    for (let y = 0; y < GLYPH_HEIGHT * dotPx; y += 1) {
      for (let x = 0; x < GLYPH_WIDTH * dotPx; x += 1) {
        const [px, py] = [left + at * (GLYPH_WIDTH + 1) * dotPx + x, top + y]
        const inside = px >= 0 && py >= 0 && px < width && py < height
        if (inside && glyph[Math.floor(y / dotPx)]?.[Math.floor(x / dotPx)] === '#')
          data.fill(220, (py * width + px) * 3, (py * width + px) * 3 + 3)
      }
    }
  }
}
