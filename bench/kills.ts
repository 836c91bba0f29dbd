import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { DfkError } from '../src/work/errors.ts'
import { defineBenchmark } from './benchmark.ts'
import { demoHome, inScratchHome, requireThere } from './home.ts'
import { finish, killRepeatedly } from './killing.ts'

const PAIR = ['franck', 'cap12'] as const
/** Steps that the run still takes in peace after the last kill. */
const REST = 5

/** Whether a run that is killed again and again ends with the weights of one that is not. */
export const kills = defineBenchmark({
  name: 'kills',
  summary: 'kills one training many times without warning, and compares its weights with those of an undisturbed one',
  options: z.object({
    kills: z.int().min(1).default(30).describe('how often'),
    saveEvery: z.int().min(1).default(2).describe('steps between checkpoints'),
    seed: z.int().min(0).default(1).describe('seed of the moments'),
  }),
  async run({ kills: count, saveEvery, seed }, signal) {
    const home = demoHome()
    await requireThere(PAIR.map((name) => join(home, 'datasets', name, 'aligned.jsonl')))
    return inScratchHome(home, PAIR, async (scratch) => {
      const args = ['--source', PAIR[0], '--target', PAIR[1], '--batch', '1', '--device', 'cpu', '--save-every', `${saveEvery}`]
      const killed = { home: scratch, run: 'killed', args: [...args, '--preview-every', '7', '--validate-every', '5'] }
      const found = await killRepeatedly(killed, count, seed, signal)
      const steps = (found.steps.at(-1) ?? 0) + REST
      const disturbed = await finish(killed, steps)
      const undisturbed = await finish({ home: scratch, run: 'undisturbed', args }, steps)
      if (!isDeepStrictEqual(disturbed, undisturbed))
        throw new DfkError(`expected the weights of the undisturbed run after ${steps} steps but found others`)
      return {
        title: `${count} kills over ${steps} steps of quick, a checkpoint every ${saveEvery}`,
        rows: [
          ['kills while a checkpoint was being written', `${found.whileSaving}`],
          ['half written ones found after a kill, of it or of an earlier one', `${found.halfWritten}, none taken for a checkpoint`],
          ['checkpoints opened after the kills', `${found.opened}, none damaged`],
          ['weights in the end', 'those of the undisturbed run, bit for bit'],
        ],
        figures: { ...found, steps: found.steps, lastStep: steps, sha256: disturbed },
      }
    })
  },
})
