import { tf } from '../tensor/tf.ts'
import type { ProgramFn, Signature } from '../tensor/types.ts'
import { loadHumanModel } from './weights.ts'

/** Side of the landmark network's input, px. */
export const MESH_INPUT_PX = 192

export const meshSignature: Signature = { inputs: { face: { shape: [1, MESH_INPUT_PX, MESH_INPUT_PX, 3] } } }

/** MediaPipe's face mesh (Kartynnik et al. 2019), as human packs it: face [1, 192, 192, 3] RGB in 0…1 → mesh [1404] in px of the input, confidence [1] in 0…1. */
export async function loadMesh(): Promise<ProgramFn> {
  const model = await loadHumanModel('facemesh')
  return ({ face }) => {
    const [mesh, flag] = model.execute({ input_1: face! }, ['output_mesh', 'output_faceflag']) as tf.Tensor[]
    return { outputs: { mesh: tf.reshape(mesh!, [1404]), confidence: tf.reshape(flag!, [1]) } }
  }
}
