import { DETECTOR_INPUT_PX, detectorProgram, detectorSignature } from '../models/detector.ts'
import { type Parameters, parametersOf } from '../models/layers.ts'
import type { Picture } from '../picture/picture.ts'
import { decodeSafetensors } from '../store/safetensors.ts'
import { readModelFile, requireSha256 } from '../store/shipped.ts'
import { type Device, tf } from '../tensor/index.ts'
import { fingerprint } from '../work/fingerprint.ts'
import { type Calibration, calibrationSchema } from './calibration.ts'

/** The code that puts the network together. */
const MODELS = new URL('../models', import.meta.url)
const WHOSE = "the detector's"

/** What the network makes of a face crop. */
interface Seen {
  /** Above 0 speaks for manipulation. */
  readonly logit: number
  /** Where in the crop that comes from: the logit of each of 7 × 7 cells, row by row; their mean is `logit`. */
  readonly evidence: Float32Array
}

/** The network that judges a face crop, with its calibration. */
export interface DetectorNetwork {
  readonly calibration: Calibration
  /** Judges a crop of 224 × 224 px, RGB. */
  look(crop: Picture): Promise<Seen>
  dispose(): Promise<void>
}

/** Loads the weights of the repository and compiles the network for `device`. Throws DfkError for missing, damaged or mismatched files. */
export async function openDetectorNetwork(device: Device): Promise<DetectorNetwork> {
  const [bytes, text] = await Promise.all([readModelFile('detector.safetensors', WHOSE), readModelFile('detector.json', WHOSE)])
  const calibration = calibrationSchema.parse(JSON.parse(text.toString()))
  const sha256 = calibration.weights
  requireSha256(bytes, sha256, 'detector weights', 'install dfk again: weights and calibration belong together')
  let parameters: Parameters | undefined
  const source = {
    load: async () => {
      parameters = parametersOf(decodeSafetensors(bytes, 'detector.safetensors').tensors)
      return detectorProgram(parameters)
    },
  }
  const program = await device.compile(source, detectorSignature(1), {
    name: 'detector',
    cacheKey: `detector ${sha256} ${fingerprint(MODELS)}`,
  })
  return {
    calibration,
    async look(crop) {
      const faces = { data: new Float32Array(crop.data), shape: [1, DETECTOR_INPUT_PX, DETECTOR_INPUT_PX, 3] }
      const { logits, evidence } = await program.run({ faces })
      return { logit: logits!.data[0]!, evidence: Float32Array.from(evidence!.data) }
    },
    async dispose() {
      await program.dispose()
      if (parameters !== undefined) tf.dispose(parameters)
    },
  }
}
