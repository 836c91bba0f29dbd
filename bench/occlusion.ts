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
import { mean } from '../src/work/statistics.ts'
import { defineBenchmark, type Row } from './benchmark.ts'
import { COLOURS, cover, overlapOf, SHAPES, skinOf } from './covered.ts'
import { demoHome, requireThere } from './home.ts'

/** What was found in front of a face, by difference to the target's own and the network together, and by difference alone. */
interface Found {
  readonly both: Float32Array
  readonly difference: Float32Array
}

/** The same as numbers, 0–1 each. */
type Overlaps = { readonly [K in keyof Found]: number }

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
    const device = await openDevice('cpu')
    const generator = await openGenerator(run, device, { batch: 1, withOwn: true })
    const network = await openOcclusionNetwork(device, 1)
    const overlaps = new Map<string, Overlaps[]>()
    const clean: Overlaps[] = []
    try {
      const all = Array.from({ length: train.count }, (_, i) => i)
      for (const index of pickEvenly(all, count)) {
        const { rgb, mask: bytes } = await readFace(train, index, sizePx)
        const [face, mask] = [toUnit(rgb), toUnit(bytes)]
        const hull = planeOf({ width: sizePx, height: sizePx, data: bytes })
        const look = async (rgb: Float32Array): Promise<Found> => {
          const seen = { rgb, sizePx, hull }
          const { own } = await generator.swap(rgb, true)
          const [covered] = await network.find([seen])
          return { both: inFrontOf(seen, { own, covered })!, difference: inFrontOf(seen, { own })! }
        }
        const share = (found: Float32Array) => mean([...mask.keys()].filter((i) => mask[i]! > 0.5).map((i) => Number(found[i]! > 0.5)))!
        const nothing = await look(face)
        clean.push({ both: share(nothing.both), difference: share(nothing.difference) })
        const skin = skinOf(face, mask)
        for (const [shape, covers] of Object.entries(SHAPES)) {
          for (const [colour, of] of Object.entries(COLOURS)) {
            const { seen, where } = cover(face, sizePx, covers, of(skin))
            const found = await look(seen)
            const [both, difference] = [overlapOf(found.both, where, mask), overlapOf(found.difference, where, mask)]
            if (both === undefined || difference === undefined) continue
            const key = `${shape}, ${colour}`
            overlaps.set(key, [...(overlaps.get(key) ?? []), { both, difference }])
          }
        }
      }
    } finally {
      await network.dispose()
      await generator.dispose()
    }
    const means = (all: readonly Overlaps[], digits: number): Overlaps => ({
      both: Number(mean(all.map(({ both }) => both))!.toFixed(digits)),
      difference: Number(mean(all.map(({ difference }) => difference))!.toFixed(digits)),
    })
    const iou = Object.fromEntries([...overlaps].map(([key, values]) => [key, means(values, 3)]))
    const falsely = means(clean, 4)
    const rows: Row[] = [
      ...Object.entries(iou).map(
        ([key, { both, difference }]): Row => [key, `IoU ${both.toFixed(2)}, by difference alone ${difference.toFixed(2)}`],
      ),
      [
        'clean faces',
        `${(100 * falsely.both).toFixed(1)} % taken for covered, by difference alone ${(100 * falsely.difference).toFixed(1)} %`,
      ],
    ]
    return { title: `What covers a face, ${count} faces of ${dataset ?? run.config.target.dataset}`, rows, figures: { iou, falsely } }
  },
})
