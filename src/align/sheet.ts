import { pastePicture } from '../picture/paste.ts'
import { createPicture, type GrayPicture, type Picture } from '../picture/picture.ts'
import { resizePicture } from '../picture/resize.ts'

const TILE_PX = 128
const GAP_PX = 6
const COLUMNS = 12
const MOST_ROWS = 10
const BACKGROUND = [24, 26, 30] as const
/** Outside of the mask the faces are shown this dark, so that one sees what training takes for the face. */
const OUTSIDE = 0.45

/** A contact sheet of up to 120 faces, evenly spread over the dataset in its order, darkened outside of their masks. */
export interface Sheet {
  /** Offers the face with this number; kept only where it falls on a place of the sheet. */
  add(index: number, picture: Picture, mask: GrayPicture): void
  draw(): Picture
}

/** Starts a sheet for a dataset of `count` faces. */
export function createSheet(count: number): Sheet {
  const places = Math.min(count, COLUMNS * MOST_ROWS)
  const tiles = new Map<number, Picture>()
  return {
    add(index, picture, mask) {
      const place = Math.floor((index * places) / count)
      if (!tiles.has(place)) tiles.set(place, tileOf(picture, mask))
    },
    draw() {
      const columns = Math.max(1, Math.min(COLUMNS, tiles.size))
      const rows = Math.max(1, Math.ceil(tiles.size / columns))
      const sheet = createPicture(columns * (TILE_PX + GAP_PX) + GAP_PX, rows * (TILE_PX + GAP_PX) + GAP_PX)
      for (let i = 0; i < sheet.data.length; i++) sheet.data[i] = BACKGROUND[i % 3]!
      ;[...tiles.values()].forEach((tile, i) => {
        pastePicture(sheet, tile, GAP_PX + (i % columns) * (TILE_PX + GAP_PX), GAP_PX + Math.floor(i / columns) * (TILE_PX + GAP_PX))
      })
      return sheet
    },
  }
}

function tileOf(picture: Picture, mask: GrayPicture): Picture {
  const { data } = resizePicture(picture, TILE_PX, TILE_PX)
  const cover = resizePicture(mask, TILE_PX, TILE_PX).data
  const tile = createPicture(TILE_PX, TILE_PX)
  for (let i = 0; i < data.length; i++) tile.data[i] = data[i]! * (OUTSIDE + ((1 - OUTSIDE) * cover[Math.floor(i / 3)]!) / 255)
  return tile
}
