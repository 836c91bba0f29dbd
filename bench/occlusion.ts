import { z } from 'zod'
import { planeOf } from '../src/picture/plane.ts'
import { openRun } from '../src/store/checkpoint.ts'
import { openDataset } from '../src/store/dataset.ts'
import { openGenerator } from '../src/store/generator.ts'
import { inFrontOf } from '../src/swap/face.ts'
import { openOcclusionNetwork } from '../src/swap/occlusionNetwork.ts'
import { openDevice } from '../src/tensor/index.ts'
import { loadFaceset } from '../src/train/faceset.ts'
import { readFace } from '../src/train/pictures.ts'
import { pickEvenly } from '../src/train/split.ts'
import { toUnit } from '../src/train/unseen.ts'
import { UsageError } from '../src/work/errors.ts'
import { mean } from '../src/work/statistics.ts'
import { defineBenchmark, type Row } from './benchmark.ts'
import { COLOURS, cover, type Found, type Look, type Overlaps, overlapsOf, SHAPES, skinOf } from './covered.ts'
import { demoHome, requireThere } from './home.ts'
import { measureWaved } from './waved.ts'

type Faceset = Awaited<ReturnType<typeof loadFaceset>>['train']

/** Share of the face that is taken for covered. */
function shareOf(found: Float32Array, mask: Float32Array): number {
  return mean([...mask.keys()].filter((i) => mask[i]! > 0.5).map((i) => Number(found[i]! > 0.5)))!
}

/** What is found of each shape in each colour, laid over some faces, and of nothing. */
async function measureShapes(faceset: Faceset, sizePx: number, count: number, look: Look) {
  const overlaps = new Map<string, Overlaps[]>()
  const clean: Overlaps[] = []
  const all = Array.from({ length: faceset.count }, (_, i) => i)
  for (const index of pickEvenly(all, count)) {
    const { rgb, mask: bytes } = await readFace(faceset, index, sizePx)
    const [face, mask] = [toUnit(rgb), toUnit(bytes)]
    const hull = planeOf({ width: sizePx, height: sizePx, data: bytes })
    const lookAt = (seen: Float32Array) => look({ rgb: seen, sizePx, hull })
    const nothing = await lookAt(face)
    clean.push({ both: shareOf(nothing.both, mask), difference: shareOf(nothing.difference, mask) })
    const skin = skinOf(face, mask)
    for (const [shape, covers] of Object.entries(SHAPES)) {
      for (const [colour, of] of Object.entries(COLOURS)) {
        const { seen, where } = cover(face, sizePx, covers, of(skin))
        const found = overlapsOf(await lookAt(seen), where, mask)
        if (found !== undefined) overlaps.set(`${shape}, ${colour}`, [...(overlaps.get(`${shape}, ${colour}`) ?? []), found])
      }
    }
  }
  return { overlaps, clean }
}

function means(all: readonly Overlaps[], digits: number): Overlaps {
  return {
    both: Number((mean(all.map(({ both }) => both)) ?? 0).toFixed(digits)),
    difference: Number((mean(all.map(({ difference }) => difference)) ?? 0).toFixed(digits)),
  }
}

export const occlusion = defineBenchmark({
  name: 'occlusion',
  summary: 'how well swap finds what covers a face: bars, ovals and a drawn hand laid over real faces, or a hand that passes in a clip',
  options: z.object({
    run: z.string().default('demo').describe('the run whose own decoder tells what is in front'),
    dataset: z.string().optional().describe("faces of its target, best of a take that it never saw (default: the run's own)"),
    faces: z.int().min(1).default(40).describe('faces, evenly over the dataset'),
    waved: z.string().optional().describe('a clip of scripts/occlusion/wave.py instead'),
    masks: z.string().optional().describe('where the hand is in it'),
  }),
  async run({ run: name, dataset, faces: count, waved, masks }) {
    if ((waved === undefined) !== (masks === undefined)) throw new UsageError('expected --waved and --masks, or neither')
    const home = demoHome()
    await requireThere([home])
    const run = await openRun(home, name)
    const { sizePx } = run.config
    const device = await openDevice('cpu')
    const network = await openOcclusionNetwork(device, 1)
    const generator = await openGenerator(run, device, { batch: 1, withOwn: true })
    const look: Look = async (seen): Promise<Found> => {
      const { own } = await generator.swap(seen.rgb, true)
      const [covered] = await network.find([seen])
      return { both: inFrontOf(seen, { own, covered })!, difference: inFrontOf(seen, { own })! }
    }
    const overlapRow = (of: string, { both, difference }: Overlaps): Row => [
      of,
      `IoU ${both.toFixed(2)}, by difference alone ${difference.toFixed(2)}`,
    ]
    try {
      if (waved !== undefined && masks !== undefined) {
        const found = await measureWaved(device, waved, masks, sizePx, look)
        const iou = means(found, 3)
        return {
          title: 'A hand that passes in front of a face',
          rows: [overlapRow(`${found.length} frames`, iou)],
          figures: { frames: found.length, iou },
        }
      }
      const { train } = await loadFaceset(await openDataset(home, dataset ?? run.config.target.dataset), sizePx)
      const { overlaps, clean } = await measureShapes(train, sizePx, count, look)
      const iou = Object.fromEntries([...overlaps].map(([key, values]) => [key, means(values, 3)]))
      const falsely = means(clean, 4)
      const percents = [falsely.both, falsely.difference].map((share) => `${(100 * share).toFixed(2)} %`)
      const rows: Row[] = [
        ...Object.entries(iou).map(([key, value]) => overlapRow(key, value)),
        ['clean faces', `${percents[0]} taken for covered, by difference alone ${percents[1]}`],
      ]
      return { title: `What covers a face, ${count} faces of ${dataset ?? run.config.target.dataset}`, rows, figures: { iou, falsely } }
    } finally {
      await network.dispose()
      await generator.dispose()
    }
  },
})
