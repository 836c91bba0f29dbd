import { z } from 'zod'
import type { Reading } from '../detect/evaluate.ts'
import type { LabelledFiles } from '../detect/labelled.ts'
import type { TallyRow } from '../detect/tally.ts'
import { alignColumns } from '../report/columns.ts'
import { printable } from '../work/errors.ts'
import { type Context, defineCommand } from './command.ts'
import { Failures } from './failures.ts'

const schema = z.object({
  wear: z
    .boolean()
    .default(false)
    .describe('judge each file also after JPEG 50, half size, blur and noise, and clips after x264 at CRF 23 and 35: seven times the work'),
  readings: z
    .string()
    .optional()
    .describe('write what every witness read in each file, as JSON lines, for fitting')
    .meta({ flag: '--readings <out.jsonl>' }),
  frames: z.number().int().min(1).max(2000).default(32).describe('most frames of a clip to look at, evenly spread'),
  device: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'tensorflow']).default('auto').describe('what computes'),
})
type Options = z.output<typeof schema>

/** `dfk eval`: how well `dfk detect` does on files of which it is known what they are. */
export const evalCommand = defineCommand({
  name: 'eval',
  summary: 'measure dfk detect on labelled files',
  args: [{ name: '<labelled>', help: 'a folder with subfolders real/ and fake/ at any depth, or a CSV file: file,label[,set]' }],
  options: schema,
  example: 'dfk eval testset/ --wear --json > table.jsonl',
  writes: true,
  async run(context, [path], options) {
    const [{ listLabelled }, { checkOutputs }] = await Promise.all([import('../detect/labelled.ts'), import('../report/file.ts')])
    const listed = await listLabelled(path as string, context.signal)
    const labelled = listed.files
    const files = labelled.map(({ file }) => file)
    await checkOutputs({ '--readings': options.readings }, [path as string, ...files])
    for (const sentence of leftOutOf(listed)) context.warn(printable(sentence))
    const sets = [...new Set(labelled.map(({ set }) => set))]
    if (context.dryRun) {
      context.result(
        { files: files.length, sets, ...options },
        `would judge ${files.length} files of ${sets.length} sets: ${sets.join(', ')}`,
      )
      return
    }
    const failed = new Failures(context, files.length === 1)
    const rows = await measureAll(context, labelled, options, failed)
    for (const row of rows) if (context.json) context.result(jsonOf(row), '')
    if (!context.json) context.result(rows, tableOf(rows))
    failed.finish()
  },
})

/** A sentence for each reason why files were left out, with one of them as an example. */
function leftOutOf({ unlabelled, passedOver, repeated }: LabelledFiles): string[] {
  const reasons: [readonly string[], string][] = [
    [unlabelled, 'in neither a folder named real nor one named fake'],
    [passedOver, 'whose ending is of no video or image that is read'],
    [repeated, 'listed before with the same label'],
  ]
  return reasons.flatMap(([paths, why]) =>
    paths.length === 0 ? [] : [`left out: ${paths.length} ${paths.length === 1 ? 'file' : 'files'} ${why}, such as ${paths[0]}`],
  )
}

async function measureAll(
  context: Context,
  labelled: Parameters<typeof import('../detect/evaluate.ts').evaluate>[0],
  { wear, readings, frames, device }: Options,
  failed: Failures,
): Promise<TallyRow[]> {
  const [{ openExaminer }, { evaluate }, { openGrowing }] = await Promise.all([
    import('../detect/open.ts'),
    import('../detect/evaluate.ts'),
    import('../report/csv.ts'),
  ])
  const examiner = await openExaminer(device)
  const out = readings === undefined ? undefined : await openGrowing(readings)
  try {
    const rows = await context.work(`${labelled.length} files`, (work) =>
      evaluate(labelled, examiner, {
        ...work,
        frames,
        wear,
        attempt: (file, body) => failed.attempt(file, body),
        onReading: out && ((reading: Reading) => out.write(`${JSON.stringify(reading)}\n`)),
      }),
    )
    await out?.finish()
    return rows
  } finally {
    await out?.abandon()
    await examiner.dispose()
  }
}

function jsonOf(row: TallyRow): object {
  const round = (value: unknown) => (typeof value === 'number' ? Number(value.toFixed(4)) : value)
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, round(value)]))
}

const HEAD = [
  'set',
  'level',
  'wear',
  'real',
  'fake',
  'no face',
  'AUC',
  'drop',
  'EER',
  'TPR@1%',
  'ECE',
  'by chance',
  'real→manip.',
  'fake→manip.',
  'fake→real',
  'inconcl.',
]

/** A table for people; the columns are explained in docs/detector.md. */
function tableOf(rows: readonly TallyRow[]): string {
  const share = (value: number | null) => (value === null ? '–' : `${(100 * value).toFixed(1)} %`)
  const number = (value: number | null) => (value === null ? '–' : value.toFixed(3))
  const cells = rows.map((row) => [
    ...[row.set, row.level, row.wear, String(row.real), String(row.fake), String(row.noFace)],
    ...[
      number(row.auc),
      row.wear === rows[0]?.wear ? '' : number(row.aucDrop),
      share(row.eer),
      share(row.foundAtOnePercent),
      number(row.ece),
      number(row.eceByChance),
    ],
    ...[share(row.realCalledManipulated), share(row.fakeCalledManipulated), share(row.fakeCalledReal), share(row.inconclusive)],
  ])
  return alignColumns([HEAD, ...cells], 3).join('\n')
}
