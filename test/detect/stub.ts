import type { Calibration, KindCalibration } from '../../src/detect/calibration.ts'
import type { OpenExaminer } from '../../src/detect/open.ts'
import { type FaceAnalyser, type FoundFace, landmarksOfMesh } from '../../src/faces/index.ts'
import { createPicture, type Picture } from '../../src/picture/picture.ts'
import { randomFrom } from '../picture/trial.ts'
import { CALIBRATION } from './calibrated.ts'

/** Side of the pictures, pixels. */
const SIDE = 128

/** Grain without end, the same for the same seed: `red` more of that colour. */
export function grain(seed: number, red = 0): Picture {
  const random = randomFrom(seed)
  const picture = createPicture(SIDE, SIDE)
  for (let i = 0; i < picture.data.length; i += 3) {
    const value = 60 + Math.floor(100 * random())
    picture.data.set([value + red, value, value], i)
  }
  return picture
}

/** One face in every picture, always in its middle. */
function faceOf(): FoundFace {
  const mesh = new Float32Array(468 * 3)
  for (let i = 0; i < 468; i++) mesh.set([SIDE / 2 + 36 * Math.cos(i), SIDE / 2 + 44 * Math.sin(i), 0], 3 * i)
  const box = { x: SIDE / 2 - 36, y: SIDE / 2 - 44, width: 72, height: 88 }
  return { box, score: 1, landmarks: landmarksOfMesh(mesh, 1), pose: { yaw: 0, pitch: 0, roll: 0 } }
}

/** Only the network counts. */
function ofNetwork(kind: KindCalibration): KindCalibration {
  const mute = (name: string, one: KindCalibration['witnesses']['network']) => (name === 'network' ? one : { ...one, measures: {} })
  const witnesses = Object.fromEntries(Object.entries(kind.witnesses).map(([name, one]) => [name, mute(name, one)]))
  return { ...kind, witnesses: witnesses as KindCalibration['witnesses'] }
}

/** An examiner whose network says of a crop what `logitOf` says, and whose analyser sees a face everywhere. */
export function stubExaminer(logitOf: (crop: Picture) => number): OpenExaminer {
  const face = faceOf()
  const analyser: Partial<FaceAnalyser> = {
    find: () => Promise.resolve([face]),
    track: () => Promise.resolve(face),
    descriptor: () => Promise.resolve(new Float32Array(128).fill(0.1)),
  }
  const calibration: Calibration = { ...CALIBRATION, image: ofNetwork(CALIBRATION.image), video: ofNetwork(CALIBRATION.video) }
  return {
    analyser: analyser as FaceAnalyser,
    network: {
      calibration,
      look: (crop) => Promise.resolve({ logit: logitOf(crop), evidence: new Float32Array(49).fill(logitOf(crop)) }),
      dispose: () => Promise.resolve(),
    },
    dispose: () => Promise.resolve(),
  }
}
