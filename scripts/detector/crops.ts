// Runs dfk's own decoding, detection, landmarks and framing over labelled files, for logits.py:
//   npx tsx scripts/detector/crops.ts out folder…     (searched for pictures and clips; labels are the folders' names)
// Writes out.bin, the crops (224 × 224 × 3 bytes each), and out.jsonl, one line a file: { file, frames: [faces in each frame] }.
import { createWriteStream } from 'node:fs'
import { cropFace } from '../../src/detect/crop.ts'
import { openFaceAnalyser } from '../../src/faces/index.ts'
import { decodeFrames, expandInputs } from '../../src/media/index.ts'
import { openDevice } from '../../src/tensor/index.ts'

async function main([out, ...folders]: string[]): Promise<void> {
  if (out === undefined || folders.length === 0) throw new Error('expected an output name and folders')
  const analyser = await openFaceAnalyser(await openDevice('cpu', { threads: 1 }))
  const pixels = createWriteStream(`${out}.bin`)
  const lines = createWriteStream(`${out}.jsonl`)
  const every = Number(process.env['EVERY'] ?? 1)
  for (const { path } of await expandInputs(folders)) {
    const frames: number[] = []
    for await (const { picture } of decodeFrames(path, { every })) {
      const found = await analyser.find(picture, { minSizePx: 40, max: 40 })
      for (const { landmarks } of found) pixels.write(cropFace(picture, landmarks).data)
      frames.push(found.length)
    }
    lines.write(`${JSON.stringify({ file: path, frames })}\n`)
  }
  pixels.end()
  lines.end()
}

await main(process.argv.slice(2))
