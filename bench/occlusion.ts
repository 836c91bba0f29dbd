import { z } from 'zod'
import { openRun } from '../src/store/checkpoint.ts'
import { openDataset } from '../src/store/dataset.ts'
import { openGenerator } from '../src/store/generator.ts'
import { findOccluders } from '../src/swap/occlusion.ts'
import { openDevice } from '../src/tensor/index.ts'
import { loadFaceset } from '../src/train/faceset.ts'
import { readFace } from '../src/train/pictures.ts'
import { pickEvenly } from '../src/train/split.ts'
import { toUnit } from '../src/train/unseen.ts'
import { mean } from '../src/work/statistics.ts'
import { defineBenchmark, type Row } from './benchmark.ts'
import { demoHome, requireThere } from './home.ts'

/** Whether a place of the face picture, x and y in 0–1, is covered. */
type Shape = (x: number, y: number) => boolean

const ellipse =
  (cx: number, cy: number, a: number, b: number, turn = 0): Shape =>
  (x, y) => {
    const [dx, dy] = [x - cx, y - cy]
    const [u, v] = [dx * Math.cos(turn) + dy * Math.sin(turn), dy * Math.cos(turn) - dx * Math.sin(turn)]
    return (u / a) ** 2 + (v / b) ** 2 < 1
  }
const any =
  (...shapes: readonly Shape[]): Shape =>
  (x, y) =>
    shapes.some((covers) => covers(x, y))

const SHAPES: Readonly<Record<string, Shape>> = {
  'bar across': (x, y) => Math.abs(y - 0.55 - 0.3 * (x - 0.5)) < 0.07,
  'oval at the chin': ellipse(0.5, 0.78, 0.16, 0.12),
  'oval at the cheek': ellipse(0.3, 0.55, 0.12, 0.15),
  'hand over the mouth': any(
    ellipse(0.62, 0.86, 0.2, 0.14, -0.4),
    ...[0, 1, 2, 3].map((k) => ellipse(0.42 + 0.02 * k, 0.62 + 0.075 * k, 0.2, 0.033, 0.35 - 0.05 * k)),
  ),
}

/** Colours by the face's own skin: of things, and of hands. */
const COLOURS: Readonly<Record<string, (skin: readonly number[]) => readonly number[]>> = {
  black: () => [0.06, 0.06, 0.07],
  white: () => [0.93, 0.93, 0.93],
  green: () => [0.2, 0.5, 0.3],
  'paler skin': (skin) => skin.map((value) => Math.min(1, value * 1.25)),
  'darker skin': (skin) => skin.map((value) => value * 0.7),
  'the same skin': (skin) => skin,
}

/** Covers a face [s, s, 3]; what covers it is lit from above, its rim in shade. */
function cover(face: Float32Array, sizePx: number, covers: Shape, colour: readonly number[]) {
  const seen = face.slice()
  const where = new Uint8Array(sizePx * sizePx)
  for (let i = 0; i < where.length; i += 1) {
    const [x, y] = [((i % sizePx) + 0.5) / sizePx, (Math.floor(i / sizePx) + 0.5) / sizePx]
    if (!covers(x, y)) continue
    where[i] = 1
    const isRim = !(covers(x - 0.02, y) && covers(x + 0.02, y) && covers(x, y - 0.02) && covers(x, y + 0.02))
    for (let c = 0; c < 3; c += 1) seen[3 * i + c] = colour[c]! * (1.08 - 0.2 * y) * (isRim ? 0.85 : 1)
  }
  return { seen, where }
}

/** Median of each colour inside the mask. */
function skinOf(face: Float32Array, mask: Float32Array): number[] {
  return [0, 1, 2].map((c) => {
    const sorted = [...mask.keys()]
      .filter((i) => mask[i]! > 0.9)
      .map((i) => face[3 * i + c]!)
      .sort((a, b) => a - b)
    return sorted[sorted.length >> 1] ?? 0
  })
}

/** Intersection over union of what was found (half or more) and what is there, inside the face; undefined where nothing of it lies there. */
function overlapOf(found: Float32Array, where: Uint8Array, mask: Float32Array): number | undefined {
  let [both, either, there] = [0, 0, 0]
  for (let i = 0; i < where.length; i += 1) {
    if (mask[i]! < 0.5) continue
    const [a, b] = [where[i] === 1, found[i]! > 0.5]
    both += Number(a && b)
    either += Number(a || b)
    there += Number(a)
  }
  return there === 0 ? undefined : both / either
}

export const occlusion = defineBenchmark({
  name: 'occlusion',
  summary: 'how well swap finds what covers a face: bars, ovals and a drawn hand laid over real faces',
  options: z.object({
    run: z.string().default('demo').describe('the run whose own decoder tells what is in front'),
    dataset: z.string().optional().describe("faces of its target, best of a take that it never saw (default: the run's own)"),
    faces: z.int().min(1).default(40).describe('faces, evenly over the dataset'),
  }),
  async run({ run: name, dataset, faces: count }) {
    const home = demoHome()
    await requireThere([home])
    const run = await openRun(home, name)
    const { sizePx } = run.config
    const { train } = await loadFaceset(await openDataset(home, dataset ?? run.config.target.dataset), sizePx)
    const generator = await openGenerator(run, await openDevice('cpu'), { batch: 1, withOwn: true })
    const overlaps = new Map<string, number[]>()
    const clean: number[] = []
    try {
      const all = Array.from({ length: train.count }, (_, i) => i)
      for (const index of pickEvenly(all, count)) {
        const { rgb, mask: bytes } = await readFace(train, index, sizePx)
        const [face, mask] = [toUnit(rgb), toUnit(bytes)]
        const look = async (seen: Float32Array) => findOccluders(seen, (await generator.swap(seen, true)).own!, mask, sizePx)
        const nothing = await look(face)
        clean.push(mean([...mask.keys()].filter((i) => mask[i]! > 0.5).map((i) => Number(nothing[i]! > 0.5)))!)
        const skin = skinOf(face, mask)
        for (const [shape, covers] of Object.entries(SHAPES)) {
          for (const [colour, of] of Object.entries(COLOURS)) {
            const { seen, where } = cover(face, sizePx, covers, of(skin))
            const overlap = overlapOf(await look(seen), where, mask)
            if (overlap === undefined) continue
            const key = `${shape}, ${colour}`
            overlaps.set(key, [...(overlaps.get(key) ?? []), overlap])
          }
        }
      }
    } finally {
      await generator.dispose()
    }
    const iou = Object.fromEntries([...overlaps].map(([key, values]) => [key, Number(mean(values)!.toFixed(3))]))
    const falsely = Number(mean(clean)!.toFixed(4))
    const rows: Row[] = [
      ...Object.entries(iou).map(([key, value]): Row => [key, `IoU ${value.toFixed(2)}`]),
      ['clean faces', `${(100 * falsely).toFixed(1)} % taken for covered`],
    ]
    return { title: `What covers a face, ${count} faces of ${dataset ?? run.config.target.dataset}`, rows, figures: { iou, falsely } }
  },
})
