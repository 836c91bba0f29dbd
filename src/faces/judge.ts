import { tf } from '../tensor/tf.ts'
import type { ProgramFn, Signature } from '../tensor/types.ts'
import { loadHumanModel } from './weights.ts'

/** Side of the judge's input, px. */
export const JUDGE_INPUT_PX = 224

export const judgeSignature: Signature = { inputs: { face: { shape: [1, JUDGE_INPUT_PX, JUDGE_INPUT_PX, 3] } } }

/** Human's `faceres`, a recogniser unrelated to face-api's: face [1, 224, 224, 3] RGB in 0…255 → features [1024], not normalised. */
export async function loadJudge(): Promise<ProgramFn> {
  const model = await loadHumanModel('faceres')
  return ({ face }) => {
    const features = model.execute({ input_1: face! }, 'global_pooling/Mean') as tf.Tensor
    return { outputs: { features: tf.reshape(features, [1024]) } }
  }
}
