import { rmSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { examineFile } from '../../src/detect/examine.ts'
import { openExaminer } from '../../src/detect/open.ts'
import { describe as inWords } from '../../src/detect/words.ts'
import { seedRandom } from '../../src/models/random.ts'
import { DfkError, InterruptedError } from '../../src/work/errors.ts'
import { scratchFolder } from '../support/data.ts'
import { writeMutant, writeSeeds } from './mutants.ts'

/** DFK_MUTANTS=1000 npx vitest run test/detect/mutants.test.ts */
const COUNT = Number(process.env['DFK_MUTANTS'] ?? 24)
/** A hang is longer, also on a busy machine. */
const LIMIT_MS = 90_000
/** Whatever the files say of their sizes. */
const MOST_GROWTH_BYTES = 500e6

const folder = scratchFolder('mutants')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('mutated files', () => {
  it(
    'are judged or refused in a line, without a crash, a hang or the memory that they claim to need',
    async () => {
      const seeds = await writeSeeds(folder)
      const examiner = await openExaminer('cpu', true)
      const tally = { judged: 0, refused: 0 }
      const wrong: string[] = []
      let slowestMs = 0
      const random = seedRandom(8)
      const judge = async (path: string): Promise<string> => {
        const limit = AbortSignal.timeout(LIMIT_MS)
        try {
          const { detected } = await examineFile(path, examiner, { frames: 2, signal: limit })
          tally.judged += 1
          return inWords(detected).split('\n')[0]!
        } catch (error) {
          if (limit.aborted || error instanceof InterruptedError) throw new Error('took too long')
          if (!(error instanceof DfkError)) throw error
          tally.refused += 1
          return error.message
        }
      }
      for (const seed of seeds) expect(await judge(`${folder}/seed.${seed.extension}`)).toMatch(/1 face|of 2 frames|of 3 frames/)
      const before = process.memoryUsage().rss
      let mostBytes = before
      const report = (count: number) => {
        const grown = ((mostBytes - before) / 1e6).toFixed(0)
        const figures = `${tally.judged} judged, ${tally.refused} refused, ${wrong.length} wrong, slowest ${slowestMs.toFixed(0)} ms, ${grown} MB more`
        process.stderr.write(`${count} mutants: ${figures}, ${(process.resourceUsage().maxRSS / 1e3).toFixed(0)} MB at most\n`)
      }
      for (let number = 0; number < COUNT; number += 1) {
        const { path, made } = writeMutant(folder, number, seeds, random)
        const startMs = performance.now()
        const line = await judge(path).catch((error: Error) => {
          wrong.push(`${made}: ${error.stack}`)
          return 'x'
        })
        slowestMs = Math.max(slowestMs, performance.now() - startMs)
        mostBytes = Math.max(mostBytes, process.memoryUsage().rss)
        if (line === '' || line.includes('\n')) wrong.push(`${made}: ${JSON.stringify(line)} is no line`)
        rmSync(path)
        if ((number + 1) % 100 === 0) report(number + 1)
      }
      await examiner.dispose()
      report(COUNT)
      expect(wrong).toEqual([])
      expect(tally.judged).toBeGreaterThan(seeds.length)
      expect(tally.refused).toBeGreaterThan(COUNT / 10)
      expect(mostBytes - before).toBeLessThan(MOST_GROWTH_BYTES)
    },
    60_000 + COUNT * 6000,
  )
})
