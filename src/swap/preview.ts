import { frameFormat, type MediaInfo, type PipePixels, readClip } from '../media/index.ts'
import { captionHeightPx, captionWidthPx, drawCaption } from '../picture/caption.ts'
import { pastePicture } from '../picture/paste.ts'
import { createPicture, type Picture } from '../picture/picture.ts'
import { resizePicture } from '../picture/resize.ts'
import { type YuvFormat, type YuvPicture, yuvPicture } from '../picture/yuv.ts'
import { layerOf } from '../picture/yuvDraw.ts'
import { finishFrame } from './finish/finish.ts'
import type { FittedFace } from './fitted.ts'
import { frameMatrix } from './frameMatrix.ts'
import type { Seen } from './nothing.ts'
import { renderAlone } from './render.ts'
import type { FrameIndex, Segmentation } from './segments.ts'
import { newTracker, type SwapSession } from './session.ts'
import { optionsAt, showsFaces } from './shots.ts'
import { yuvView } from './yuvView.ts'

const COLUMNS = ['target', 'swapped', 'mask'] as const
const MOST_CELL_PX = 480
const GAP_PX = 8
const CAPTION_DOT_PX = 2
/** Room for the visible label, which is a twentieth of the sheet's short side high. */
const FOOTER_PX = 130

/** A frame before and after, and where it was changed. */
interface Row {
  readonly timeS: number
  readonly cells: readonly [Picture, Picture, Picture]
}

/** How much of each pixel was replaced, as a grey picture. */
function maskOf(format: YuvFormat, faces: readonly FittedFace[]): Picture {
  const { width, height } = format
  const mask = createPicture(width, height)
  for (const face of faces) {
    const layer = layerOf(face, frameMatrix(face.matrix, format), width, height)
    if (layer === undefined) continue
    for (const [i, amount] of layer.amount.entries()) {
      const at = ((layer.box.y + Math.floor(i / layer.box.width)) * width + layer.box.x + (i % layer.box.width)) * 3
      mask.data.fill(Math.max(mask.data[at]!, Math.round(255 * amount)), at, at + 3)
    }
  }
  return mask
}

async function renderRow(session: SwapSession, picture: YuvPicture, index: number, timeS: number, seen: Seen): Promise<Row> {
  const target = yuvView(picture).whole()
  const tracker = newTracker(session)
  const { faces } = await renderAlone(session, tracker, { index, timeS, picture })
  seen.facesSeen += tracker.facesSeen
  seen.nearest = Math.min(seen.nearest, tracker.nearest)
  finishFrame(picture, { faces, label: undefined, outputId: undefined, wantsPlate: false })
  const mask = maskOf(picture.format, faces)
  return { timeS, cells: [target, yuvView(picture).whole(), resizePicture(mask, target.width, target.height)] }
}

/** Frames as near as can be to the given times, in order. */
async function* framesAt(
  info: MediaInfo,
  pixels: PipePixels,
  times: readonly number[],
  segments: Segmentation,
  index: FrameIndex | undefined,
  signal?: AbortSignal,
) {
  if (index === undefined) {
    let next = 0
    for await (const frame of readClip(info, { pixels, signal })) {
      if (next >= times.length) return
      if (frame.timeS < times[next]!) continue
      next += 1
      yield frame
    }
    return
  }
  for (const timeS of times) {
    const seekS = segments.seekS(segments.numberOf(timeS, 0))
    for await (const frame of readClip(info, { pixels, seekS, signal })) {
      if (frame.timeS < timeS) continue
      yield frame
      break
    }
  }
}

function timeText(timeS: number): string {
  return `${Math.floor(timeS / 60)}:${(timeS % 60).toFixed(2).padStart(5, '0')}`
}

function drawSheet(rows: readonly Row[], footerPx: number): Picture {
  const [first] = rows[0]!.cells
  const scale = Math.min(1, MOST_CELL_PX / Math.max(first.width, first.height))
  const [width, height] = [Math.max(1, Math.round(first.width * scale)), Math.max(1, Math.round(first.height * scale))]
  const line = captionHeightPx(CAPTION_DOT_PX) + 2 * GAP_PX
  const sheet = createPicture(COLUMNS.length * (width + GAP_PX) + GAP_PX, line + rows.length * (height + line) + footerPx)
  for (const [column, text] of COLUMNS.entries()) {
    const left = GAP_PX + column * (width + GAP_PX)
    drawCaption(sheet, text, left + Math.round((width - captionWidthPx(text, CAPTION_DOT_PX)) / 2), GAP_PX, CAPTION_DOT_PX)
    for (const [row, { cells, timeS }] of rows.entries()) {
      const top = line + row * (height + line)
      pastePicture(sheet, resizePicture(cells[column]!, width, height), left, top)
      if (column === 0) drawCaption(sheet, timeText(timeS), left, top + height + GAP_PX, CAPTION_DOT_PX)
    }
  }
  return sheet
}

/** Renders frames at the given times and lays them out: target, swapped, mask. `seen` is told of the faces met; `asked`: rows in which faces were to be replaced; `swapped`: in which one was. */
export async function renderPreview(
  session: SwapSession,
  clip: { info: MediaInfo; pixels: PipePixels; segments: Segmentation; index: FrameIndex | undefined; times: readonly number[] },
  seen: Seen,
  work: { signal?: AbortSignal | undefined; onRow: (done: number) => void },
): Promise<{ sheet: Picture; rows: number; asked: number; swapped: number }> {
  const { info, pixels, segments, index, times } = clip
  const format = frameFormat(info, pixels)
  const rows: Row[] = []
  let [asked, swapped] = [0, 0]
  for await (const { timeS, bytes } of framesAt(info, pixels, times, segments, index, work.signal)) {
    const number = segments.numberOf(timeS, rows.length)
    const row = await renderRow(session, yuvPicture(format, bytes), number, timeS, seen)
    if (showsFaces(optionsAt(session.request, { index: number, timeS }))) asked += 1
    if (row.cells[2].data.some((value) => value > 0)) swapped += 1
    rows.push(row)
    work.onRow(rows.length)
  }
  return { sheet: drawSheet(rows, session.label.on ? FOOTER_PX : 0), rows: rows.length, asked, swapped }
}
