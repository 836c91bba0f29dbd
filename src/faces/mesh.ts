import { tf } from '../tensor/tf.ts'
import type { ProgramFn } from '../tensor/types.ts'
import type { LoadedNetwork, Network } from './networks.ts'
import { HUMAN, loadHumanModel } from './weights.ts'

/** Side of the landmark network's input, px. */
export const MESH_INPUT_PX = 192

/**
 * MediaPipe's face mesh (Kartynnik et al. 2019), as human packs it: pictures [n, 192, 192, 3] RGB in 0…1 → mesh [n, 1404] in px of the input,
 * confidence [n] in 0…1.
 */
export const MESH: Network = { name: 'face landmarks', sizePx: MESH_INPUT_PX, pack: HUMAN, load: loadMesh }

async function loadMesh(): Promise<LoadedNetwork> {
  const model = await loadHumanModel('facemesh')
  const program: ProgramFn = ({ pictures }) => {
    const [mesh, flag] = model.execute({ input_1: pictures! }, ['output_mesh', 'output_faceflag']) as tf.Tensor[]
    return { outputs: { mesh: mesh!, confidence: tf.reshape(flag!, [-1]) } }
  }
  return Object.assign(program, { dispose: () => model.dispose() })
}
