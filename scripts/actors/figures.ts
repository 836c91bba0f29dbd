// Makes docs/pictures of the clips that film.ts filmed: a run with a discriminator and one without, the same minutes each, and what they make of the take that neither saw.
// `node --import tsx scripts/actors/figures.ts [--minutes 6]`, with nothing else running. The home stays in .cache/actors/home.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import sharp, { type OverlayOptions } from 'sharp'
import { ROOT, runDfk } from '../../bench/dfk.ts'
import { openFaceAnalyser } from '../../src/faces/index.ts'
import { decodeFrames } from '../../src/media/index.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { newOutputId } from '../../src/provenance/index.ts'
import { disclosureOf } from '../../src/provenance/tags.ts'
import { addXmpToImage, xmpPacket } from '../../src/provenance/xmp.ts'
import { openDevice } from '../../src/tensor/index.ts'

const footage = (name: string) => join(ROOT, '.cache', 'actors', `${name}.mp4`)
const TARGET = footage('brandt-take-2')
/** The same with a hand that passes before the face; where it is missing, there is no figure of it: `python scripts/occlusion/wave.py make brandt-take-2.mp4 hands.npz brandt-hand.mp4 masks.mkv --face 246 188 160`. */
const HAND = footage('brandt-hand')
const home = join(ROOT, '.cache', 'actors', 'home')
const pictures = join(ROOT, 'docs', 'pictures')
/** Side of a face in a figure, px, and the gap between two. */
const [SIDE, GAP] = [288, 6]

const { signal } = new AbortController()
const dfk = (...args: readonly string[]) => runDfk(home, args, signal)

async function consent(subject: string, clips: readonly string[]): Promise<void> {
  const record = join(home, 'consent', `${subject}.json`)
  const key = join(home, 'consent', 'actors.key')
  const what = [
    '--project',
    'dfk documentation',
    '--controller',
    'the dfk project',
    '--description',
    'A figure of MakeHuman, nobody: pictures of swaps for the documentation',
  ]
  const marks = ['--no-label', '--until', new Date(Date.now() + 365 * 86_400_000).toISOString().slice(0, 10)]
  const shown = ['--footage', ...clips, '--reference', clips[0]!]
  await dfk(
    'consent',
    'draft',
    '--subject',
    subject,
    ...what,
    ...marks,
    '--grant',
    'collect,train,generate,publish',
    ...shown,
    '-o',
    record,
  )
  await dfk('consent', 'sign', record, '--key', key)
}

async function train(name: string, minutes: string, seed: string, ...flags: readonly string[]): Promise<void> {
  await dfk('train', name, '--source', 'aalto', '--target', 'brandt', '--preset', 'quick', '--minutes', minutes, '--seed', seed, ...flags)
}

async function render(clip: string, run: string, name: string, ...flags: readonly string[]): Promise<string> {
  const out = join(home, `${name}.mp4`)
  await dfk('swap', clip, '--run', run, '-o', out, '--use', 'publish', ...flags)
  return out
}

/** The take that no run saw, rendered by a run, and what `dfk score` says of it. */
async function swap(run: string, name: string, ...flags: readonly string[]): Promise<void> {
  const out = await render(TARGET, run, name, ...flags)
  console.error(name, JSON.stringify(await dfk('score', out, '--target', TARGET, '--source', 'aalto')))
}

/** The frames of a clip by their numbers. */
async function framesOf(clip: string, numbers: readonly number[]): Promise<Picture[]> {
  const found = new Map<number, Picture>()
  for await (const { index, picture } of decodeFrames(clip))
    if (numbers.includes(index)) found.set(index, { ...picture, data: picture.data.slice() })
  return numbers.map((number) => found.get(number)!)
}

/** A table of faces: a column each clip, a row each frame; the square around the first clip's face is shown of all. */
async function figure(file: string, clips: readonly string[], numbers: readonly number[], zoom: number, across: boolean): Promise<void> {
  const columns = await Promise.all(clips.map((clip) => framesOf(clip, numbers)))
  const device = await openDevice('cpu')
  const analyser = await openFaceAnalyser(device)
  const tiles: OverlayOptions[] = []
  for (const [row, first] of columns[0]!.entries()) {
    const [face] = await analyser.find(first)
    const { x, y, width, height } = face!.box
    const side = Math.round(Math.min(Math.max(width, height) * zoom, first.width, first.height))
    const within = (middle: number, length: number) => Math.round(Math.min(Math.max(0, middle - side / 2), length - side))
    const part = { left: within(x + width / 2, first.width), top: within(y + height / 2, first.height), width: side, height: side }
    for (const [column, frames] of columns.entries()) {
      const { data, width: w, height: h } = frames[row]!
      const input = await sharp(Buffer.from(data), { raw: { width: w, height: h, channels: 3 } })
        .extract(part)
        .resize(SIDE, SIDE, { kernel: 'lanczos3' })
        .png()
        .toBuffer()
      const [i, j] = across ? [row, column] : [column, row]
      tiles.push({ input, left: i * (SIDE + GAP), top: j * (SIDE + GAP) })
    }
  }
  await analyser.dispose()
  const [wide, high] = across ? [numbers.length, clips.length] : [clips.length, numbers.length]
  const canvas = { width: wide * (SIDE + GAP) - GAP, height: high * (SIDE + GAP) - GAP, channels: 3 as const, background: '#ffffff' }
  const jpeg = await sharp({ create: canvas }).composite(tiles).jpeg({ quality: 88, mozjpeg: true }).toBuffer()
  const packet = xmpPacket({ ...disclosureOf(newOutputId()), createdAt: null })
  writeFileSync(join(pictures, file), addXmpToImage(jpeg, 'image/jpeg', packet))
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '6' },
    seed: { type: 'string', default: '1' },
    pictures: { type: 'boolean', default: false },
  },
})
if (!values.pictures) {
  if (existsSync(home)) rmSync(home, { recursive: true })
  mkdirSync(join(home, 'consent'), { recursive: true })
  await dfk('consent', 'keygen', '-o', join(home, 'consent', 'actors.key'), '--no-passphrase')
  await consent('aalto', [footage('aalto')])
  await consent('brandt', [footage('brandt'), TARGET, ...(existsSync(HAND) ? [HAND] : [])])
  for (const name of ['aalto', 'brandt']) {
    await dfk('collect', footage(name), '--name', name, '--consent', join(home, 'consent', `${name}.json`))
    await dfk('align', name)
  }
  await train('with', values.minutes, values.seed)
  await train('without', values.minutes, values.seed, '--gan-weight', '0')
  await swap('without', 'without-plain', '--sharpen', '0')
  await swap('with', 'with-plain', '--sharpen', '0')
  await swap('without', 'without')
  await swap('with', 'with')
  if (existsSync(HAND)) {
    await render(HAND, 'with', 'hand-over', '--occlusion', '0')
    await render(HAND, 'with', 'hand')
  }
}
mkdirSync(pictures, { recursive: true })
const at = (name: string) => join(home, `${name}.mp4`)
await figure('gan.jpg', [TARGET, at('without-plain'), at('with-plain')], [40, 130, 210], 0.95, false)
await figure('swap.jpg', [TARGET, at('with')], [20, 70, 120, 180, 230], 1.35, true)
if (existsSync(HAND)) await figure('hand.jpg', [HAND, at('hand-over'), at('hand')], [44, 58, 148, 164], 1.2, true)
