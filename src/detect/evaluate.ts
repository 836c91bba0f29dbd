import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { reencodeClip } from '../media/index.ts'
import type { WorkOptions } from '../work/progress.ts'
import { examineFaces, type Judged } from './examine.ts'
import type { Labelled } from './labelled.ts'
import type { Examiner } from './look.ts'
import type { Judgement } from './result.ts'
import { highestByFrame } from './summary.ts'
import { Tally, type TallyRow } from './tally.ts'
import { CLIP_WEAR, PICTURE_WEAR } from './wear.ts'
import type { Readings } from './witnesses/witness.ts'

/** What files go through before they are judged; `none` first. */
const NO_WEAR = 'none'

/** What was read in one file. */
export interface Reading extends Labelled {
  readonly kind: Judgement['kind']
  readonly wear: string
  readonly probability: number | null
  readonly verdict: Judgement['verdict']
  readonly readings: Readings
  /** The network's logit of the highest face in each even sample. */
  readonly logits: readonly number[]
}

export interface EvaluateOptions extends WorkOptions {
  readonly frames: number
  /** Whether files are also judged worn. */
  readonly wear: boolean
  /** Works on one file, and may put down what fails in it. */
  readonly attempt: (file: string, body: () => Promise<void>) => Promise<unknown>
  readonly onReading?: ((reading: Reading) => Promise<void>) | undefined
}

/** Judges labelled files and returns how well, by set, level and wear. A file that fails in one of its wears counts in those before. */
export async function evaluate(files: readonly Labelled[], examiner: Examiner, options: EvaluateOptions): Promise<TallyRow[]> {
  const tally = new Tally(examiner.network.calibration)
  const folder = await mkdtemp(join(tmpdir(), 'dfk-eval-'))
  try {
    for (const [done, labelled] of files.entries()) {
      options.onProgress?.({ done, total: files.length, note: labelled.set })
      await options.attempt(labelled.file, async () => {
        for await (const { wear, judged } of judgements(labelled.file, examiner, options, folder)) {
          const { kind, probability, verdict, faces } = judged.judgement
          const samples = highestByFrame(faces)
          tally.add(
            labelled,
            wear,
            kind,
            probability,
            samples.map((sample) => sample.probability),
          )
          const logits = samples.map(({ logit }) => logit)
          await options.onReading?.({ ...labelled, kind, wear, probability, verdict, readings: judged.readings, logits })
        }
      })
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return tally.rows()
}

async function* judgements(
  file: string,
  examiner: Examiner,
  { frames, wear: isWorn, signal }: EvaluateOptions,
  folder: string,
): AsyncGenerator<{ wear: string; judged: Judged }> {
  const plain = { frames, signal, secondLook: false }
  const judged = await examineFaces(file, examiner, plain)
  yield { wear: NO_WEAR, judged }
  if (!isWorn) return
  for (const [name, wear] of Object.entries(PICTURE_WEAR))
    yield { wear: name, judged: await examineFaces(file, examiner, { ...plain, wear }) }
  if (judged.judgement.kind === 'image') return
  for (const [name, crf] of Object.entries(CLIP_WEAR)) {
    const again = join(folder, 'again.mp4')
    await reencodeClip(file, again, crf, signal)
    yield { wear: name, judged: await examineFaces(again, examiner, plain) }
  }
}
