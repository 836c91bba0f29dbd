import type { tf } from '../tensor/tf.ts'
import type { ProgramFn } from '../tensor/types.ts'
import type { LoadedNetwork, Network } from './networks.ts'
import { HUMAN, loadHumanModel } from './weights.ts'

/** Side of the iris network's input, px. */
export const IRIS_INPUT_PX = 64

/**
 * MediaPipe's iris network (Ablavatski et al. 2020), as human packs it: pictures [n, 64, 64, 3] RGB in 0…1 of an eye that lies to the picture's left of
 * the nose → points [n, 228], 76 × (x, y, z) in px of the input: 71 of lids and brow, then 5 of the iris, its centre first.
 */
export const IRIS: Network = { name: 'iris', sizePx: IRIS_INPUT_PX, pack: HUMAN, load: loadIris }

async function loadIris(): Promise<LoadedNetwork> {
  const model = await loadHumanModel('iris')
  const program: ProgramFn = ({ pictures }) => ({ outputs: { points: model.execute({ input_1: pictures! }, 'Identity') as tf.Tensor } })
  return Object.assign(program, { dispose: () => model.dispose() })
}
