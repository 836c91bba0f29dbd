// What every witness reads in labelled files, for fuse.py, through dfk's own decoding, detection, landmarks, sampling and network:
//   npx tsx scripts/detector/features.ts out.jsonl folder…     (searched for pictures and clips; labels are the folders' names)
// Writes one line a file: { file, kind, readings, frames: [probability of the highest face in each by the network alone] }. Lines that are there already are kept and their files not read again.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { examineFaces } from '../../src/detect/examine.ts'
import { openDetectorNetwork } from '../../src/detect/network.ts'
import { highestByFrame } from '../../src/detect/summary.ts'
import { openFaceAnalyser } from '../../src/faces/index.ts'
import { expandInputs } from '../../src/media/index.ts'
import { openDevice } from '../../src/tensor/index.ts'

/** As `dfk detect` does by default. */
const FRAMES = 32

async function main([out, ...folders]: string[]): Promise<void> {
  if (out === undefined || folders.length === 0) throw new Error('expected an output name and folders')
  const device = await openDevice('cpu', { threads: 1 })
  const [analyser, network] = [await openFaceAnalyser(device), await openDetectorNetwork(device)]
  const done = new Set(existsSync(out) ? readFileSync(out, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line).file) : []) // biome-ignore format: one thought
  for (const { path } of await expandInputs(folders)) {
    if (done.has(path)) continue
    const { judgement, readings } = await examineFaces(path, { analyser, network }, { frames: FRAMES, secondLook: false })
    const frames = highestByFrame(judgement.faces).map(({ probability }) => probability)
    appendFileSync(out, `${JSON.stringify({ file: path, kind: judgement.kind, readings, frames })}\n`)
  }
  await analyser.dispose()
  await network.dispose()
}

await main(process.argv.slice(2))
