// What every witness reads in labelled files, for fuse.py, through dfk's own decoding, detection, landmarks, sampling and network:
//   npx tsx scripts/detector/features.ts out.jsonl folder…     (searched for pictures and clips; labels are the folders' names)
// Writes one line a file: { file, kind, readings }. Lines that are there already are kept and their files not read again.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { cropFace } from '../../src/detect/crop.ts'
import { type DetectorNetwork, openDetectorNetwork } from '../../src/detect/network.ts'
import { burstOf, samplingStep } from '../../src/detect/sampling.ts'
import { Witnesses } from '../../src/detect/witnesses/gather.ts'
import type { Readings } from '../../src/detect/witnesses/witness.ts'
import { type FaceAnalyser, type FoundFace, openFaceAnalyser } from '../../src/faces/index.ts'
import { decodeFrames, expandInputs, type MediaInfo, probeMedia } from '../../src/media/index.ts'
import { openDevice } from '../../src/tensor/index.ts'

/** As `dfk detect` does by default. */
const FRAMES = 32

async function read(info: MediaInfo, analyser: FaceAnalyser, network: DetectorNetwork): Promise<Readings> {
  const every = info.kind === 'image' ? 1 : samplingStep(info.frames, FRAMES)
  const witnesses = new Witnesses(analyser)
  let faces: FoundFace[] = []
  for await (const frame of decodeFrames(info, { every, burst: burstOf(every) })) {
    const { index, picture } = frame
    const logits: number[] = []
    if (index % every === 0) {
      faces = await analyser.find(picture, { minSizePx: Math.max(40, 0.04 * Math.max(picture.width, picture.height)), max: 40 })
      for (const { landmarks } of faces) logits.push((await network.look(cropFace(picture, landmarks))).logit)
    } else {
      const followed = await Promise.all(faces.map(({ landmarks }) => analyser.track(picture, landmarks)))
      faces = followed.filter((face) => face !== undefined)
    }
    await witnesses.see(frame, faces, logits)
  }
  return witnesses.values()
}

async function main([out, ...folders]: string[]): Promise<void> {
  if (out === undefined || folders.length === 0) throw new Error('expected an output name and folders')
  const device = await openDevice('cpu', { threads: 1 })
  const [analyser, network] = [await openFaceAnalyser(device), await openDetectorNetwork(device)]
  const done = new Set(existsSync(out) ? readFileSync(out, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line).file) : []) // biome-ignore format: one thought
  for (const { path } of await expandInputs(folders)) {
    if (done.has(path)) continue
    const info = await probeMedia(path)
    appendFileSync(out, `${JSON.stringify({ file: path, kind: info.kind, readings: await read(info, analyser, network) })}\n`)
  }
  await analyser.dispose()
  await network.dispose()
}

await main(process.argv.slice(2))
