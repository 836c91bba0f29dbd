import type { Picture } from '../picture/picture.ts'
import type { Layer } from '../picture/yuvDraw.ts'
import { letterPlate, type Plate } from './lettering.ts'

/** How opaque the plate behind the letters is. */
const PLATE = 0.65

export const LABEL_PLACES = ['bottom-left', 'bottom-right', 'top-left', 'top-right'] as const

/** A visible label: what it says, and in which corner. */
export interface Label {
  readonly text: string
  readonly place: (typeof LABEL_PLACES)[number]
}

let last: { readonly name: string; readonly plate: Plate } | undefined

function plateFor(width: number, height: number, { text, place }: Label): Plate {
  const name = `${width} ${height} ${place} ${text}`
  if (last?.name !== name) last = { name, plate: letterPlate(width, height, text) }
  return last.plate
}

/** Where the plate lies in a picture of that size: its upper left corner. */
function cornerOf(plate: Plate, width: number, height: number, { place }: Label): { readonly x: number; readonly y: number } {
  return { x: place.endsWith('right') ? width - plate.width : 0, y: place.startsWith('top') ? 0 : height - plate.height }
}

/**
 * Draws a label into a corner of a picture, in place: white letters, 5 % of the short side high, on a dark plate; smaller only where the text
 * would not fit the width. Needs no font. Throws UsageError for letters that it does not have.
 */
export function drawLabel(picture: Picture, label: Label): void {
  const { width, height, data } = picture
  const plate = plateFor(width, height, label)
  const corner = cornerOf(plate, width, height, label)
  for (let y = 0; y < plate.height; y++) {
    let p = ((corner.y + y) * width + corner.x) * 3
    for (let x = 0; x < plate.width; x++) {
      const ink = plate.ink[y * plate.width + x]!
      for (const end = p + 3; p < end; p++) data[p] = Math.round((1 - ink) * (1 - PLATE) * data[p]! + ink * 255)
    }
  }
}

/** The same label as a layer over a picture of that size. */
export function labelLayer(width: number, height: number, label: Label): Layer {
  const plate = plateFor(width, height, label)
  const box = { ...cornerOf(plate, width, height, label), width: plate.width, height: plate.height }
  layers.set(plate, layers.get(plate) ?? { box, ...coloursOf(plate) })
  return layers.get(plate)!
}

const layers = new WeakMap<Plate, Layer>()

function coloursOf({ ink }: Plate): Omit<Layer, 'box'> {
  const amount = ink.map((share) => 1 - (1 - share) * (1 - PLATE))
  const rgb = new Float32Array(amount.length * 3)
  for (let i = 0; i < amount.length; i++) rgb.fill(ink[i]! / amount[i]!, i * 3, i * 3 + 3)
  return { amount, rgb }
}
