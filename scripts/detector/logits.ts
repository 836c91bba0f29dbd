// Runs dfk's own detection, landmarks, framing and network over labelled files, for calibrate.py and evaluate.py:
//   npx tsx scripts/detector/logits.ts out.jsonl folder…     (searched for pictures and clips; labels are the folders' names)
// One line a file: { file, frames: [logit of the highest face, …] }, empty where no face was found.
import { createWriteStream } from 'node:fs'
import { cropFace } from '../../src/detect/crop.ts'
import { openDetectorNetwork } from '../../src/detect/network.ts'
import { openFaceAnalyser } from '../../src/faces/index.ts'
import { decodeFrames, expandInputs } from '../../src/media/index.ts'
import { openDevice } from '../../src/tensor/index.ts'

async function main([out, ...folders]: string[]): Promise<void> {
  if (out === undefined || folders.length === 0) throw new Error('expected an output file and folders')
  const device = await openDevice('cpu', { threads: Number(process.env['THREADS'] ?? 1) })
  const [analyser, network] = await Promise.all([openFaceAnalyser(device), openDetectorNetwork(device)])
  const lines = createWriteStream(out)
  for (const { path } of await expandInputs(folders)) {
    const frames: number[] = []
    for await (const { picture } of decodeFrames(path)) {
      const found = await analyser.find(picture, { minSizePx: 40, max: 40 })
      const logits: number[] = []
      for (const { landmarks } of found) logits.push(await network.logit(cropFace(picture, landmarks)))
      if (logits.length > 0) frames.push(Math.max(...logits))
    }
    lines.write(`${JSON.stringify({ file: path, frames })}\n`)
  }
  lines.end()
}

await main(process.argv.slice(2))
