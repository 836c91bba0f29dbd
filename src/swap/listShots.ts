import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { decodeFrames, type MediaInfo, probeMedia, writePicture } from '../media/index.ts'
import { captionHeightPx, captionWidthPx, drawCaption } from '../picture/caption.ts'
import { pastePicture } from '../picture/paste.ts'
import { createPicture, type Picture } from '../picture/picture.ts'
import { UsageError } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'
import { writeWhole } from '../work/whole.ts'
import { SceneCuts } from './cuts.ts'
import type { ShotSpan } from './shotsFile.ts'
import { viewOf } from './view.ts'

/** Width that is looked at; scene cuts need no more, and it is a thumbnail's. */
const THUMBNAIL_PX = 240
/** Frame of a shot that stands for it: behind a dissolve or a flash at the cut. */
const SHOWN_FRAME = 12
const GAP_PX = 8
const CAPTION_DOT_PX = 2
const LEAST_COLUMNS = 4

/** A shot as it was found. */
export interface FoundShot extends ShotSpan {
  /** When its first frame is shown, seconds. */
  readonly fromS: number
  readonly thumbnail: Picture
}

/** The clip as its frames are looked at. */
function small(info: MediaInfo): MediaInfo {
  const width = Math.min(info.width, THUMBNAIL_PX)
  return { ...info, width, height: Math.max(1, Math.round((info.height * width) / info.width)) }
}

/** Cuts a clip into shots where the scene changes. */
export async function detectShots(path: string, { signal, onProgress }: WorkOptions): Promise<FoundShot[]> {
  const info = await probeMedia(path, signal)
  if (info.kind === 'image') throw new UsageError(`--shots: expected a clip but ${path} is an image`)
  const cuts = new SceneCuts()
  const shots: { first: number; last: number; fromS: number; thumbnail: Picture }[] = []
  for await (const { index, timeS, picture } of decodeFrames(small(info), { onCut: () => {}, ...(signal && { signal }) })) {
    const isCut = cuts.isCut(viewOf(picture))
    const now = shots.at(-1)
    if (now === undefined || isCut) shots.push({ first: index, last: index, fromS: timeS, thumbnail: picture })
    else {
      now.last = index
      if (index - now.first === SHOWN_FRAME) now.thumbnail = picture
    }
    onProgress?.({ done: index + 1, total: Math.max(info.frames, index + 1), note: `${shots.length} shots` })
  }
  return shots
}

function timeText(timeS: number): string {
  return `${Math.floor(timeS / 60)}:${(timeS % 60).toFixed(2).padStart(5, '0')}`
}

/** Lays out a picture of each shot, with its number and when it begins. */
function drawSheet(shots: readonly FoundShot[]): Picture {
  const { width, height } = shots[0]!.thumbnail
  const columns = Math.max(1, Math.min(shots.length, Math.max(LEAST_COLUMNS, Math.ceil(Math.sqrt(shots.length)))))
  const cell = { width: width + GAP_PX, height: height + captionHeightPx(CAPTION_DOT_PX) + 2 * GAP_PX }
  const sheet = createPicture(columns * cell.width + GAP_PX, Math.ceil(shots.length / columns) * cell.height + GAP_PX)
  for (const [index, { thumbnail, fromS }] of shots.entries()) {
    const left = GAP_PX + (index % columns) * cell.width
    const top = GAP_PX + Math.floor(index / columns) * cell.height
    pastePicture(sheet, thumbnail, left, top)
    drawCaption(sheet, String(index + 1), left, top + height + GAP_PX / 2, CAPTION_DOT_PX)
    const time = timeText(fromS)
    drawCaption(sheet, time, left + width - captionWidthPx(time, CAPTION_DOT_PX), top + height + GAP_PX / 2, CAPTION_DOT_PX)
  }
  return sheet
}

/** The shots as a file to edit, an entry a line; frames are counted from 1. */
function shotsText(shots: readonly ShotSpan[]): string {
  const lines = shots.map(({ first, last }, i) => `  ${JSON.stringify({ shot: i + 1, frames: [first + 1, last + 1] })}`)
  return `[\n${lines.join(',\n')}\n]\n`
}

/** Throws UsageError where the shots would take the place of anything but an earlier list, or have no folder. */
async function requirePlace(file: string, sheet: string): Promise<void> {
  if (!/\.json$/i.test(file))
    throw new UsageError(`--list-shots: expected a name ending in .json but found ${file}`, { hint: '--list-shots shots.json' })
  const folder = await stat(dirname(resolve(file))).catch(() => undefined)
  if (folder?.isDirectory() !== true)
    throw new UsageError(`--list-shots: expected the folder of ${file} to be there but found none`, {
      hint: `make it first: mkdir -p "${dirname(resolve(file))}"`,
    })
  const old = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? undefined : ''))
  const isList = old?.trimStart().startsWith('[') === true
  const hasSheet = (await stat(sheet).catch(() => undefined)) !== undefined
  if ((old !== undefined && !isList) || (hasSheet && !isList))
    throw new UsageError(`--list-shots: expected a new file but ${hasSheet && old === undefined ? sheet : file} is something else`, {
      hint: 'choose another name',
    })
}

/** Writes a clip's shots as a file for `--shots`, and beside it a sheet with a picture of each; returns both names and how many there are. */
export async function listShots(path: string, file: string, work: WorkOptions): Promise<{ file: string; sheet: string; shots: number }> {
  const sheet = `${file.replace(/\.json$/i, '')}.png`
  await requirePlace(file, sheet)
  const shots = await detectShots(path, work)
  await writePicture(sheet, drawSheet(shots))
  await writeWhole(file, shotsText(shots))
  return { file, sheet, shots: shots.length }
}
