import { descriptorFraming, RECOGNISER, RECOGNISER_INPUT_PX } from '../faces/index.ts'
import type { Recogniser } from '../models/step.ts'
import type { tf } from '../tensor/index.ts'

/**
 * The recogniser that training holds swaps to: face-api's, which `collect` and `swap` use too. The one that `dfk score` judges by has no part in
 * training.
 */
export async function openRecogniser(): Promise<Recogniser & { dispose(): void }> {
  const program = await RECOGNISER.load()
  return {
    describe: (pictures) => program({ pictures }, {}).outputs['descriptor'] as tf.Tensor2D,
    sizePx: RECOGNISER_INPUT_PX,
    framing: descriptorFraming(),
    dispose: () => program.dispose(),
  }
}
