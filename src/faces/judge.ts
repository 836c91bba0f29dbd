import type { tf } from '../tensor/tf.ts'
import type { ProgramFn } from '../tensor/types.ts'
import type { LoadedNetwork, Network } from './networks.ts'
import { HUMAN, loadHumanModel } from './weights.ts'

/** Side of the judge's input, px. */
export const JUDGE_INPUT_PX = 224

/** Human's `faceres`, a recogniser unrelated to face-api's: pictures [n, 224, 224, 3] RGB in 0…255 → features [n, 1024], not normalised. */
export const JUDGE: Network = { name: 'face judge', sizePx: JUDGE_INPUT_PX, pack: HUMAN, load: loadJudge }

async function loadJudge(): Promise<LoadedNetwork> {
  const model = await loadHumanModel('faceres')
  const program: ProgramFn = ({ pictures }) => {
    return { outputs: { features: model.execute({ input_1: pictures! }, 'global_pooling/Mean') as tf.Tensor } }
  }
  return Object.assign(program, { dispose: () => model.dispose() })
}
