import { MESH_POINTS, type Retargeting } from '../models/retarget.ts'
import type { HostTensors } from '../tensor/index.ts'
import { DfkError } from '../work/errors.ts'
import type { Checkpoint } from './checkpoint.ts'

/** Name of the file in a checkpoint. */
const FILE = 'retargeting'

/** A retargeting as a checkpoint holds it. */
export function storedRetargeting({ mean, modes, spread, places, moves, rest, moved }: Retargeting): Record<string, HostTensors> {
  const k = spread.length
  const points = (data: Float32Array) => ({ data, shape: [MESH_POINTS, 2] })
  const sets = (data: Float32Array) => ({ data, shape: [k, MESH_POINTS, 2] })
  return {
    [FILE]: {
      mean: points(mean),
      modes: sets(modes),
      spread: { data: spread, shape: [k] },
      places: points(places),
      moves: sets(moves),
      rest: points(rest),
      ...(moved && { moved: points(moved) }),
    },
  }
}

/** The retargeting that a checkpoint holds; undefined where it has none: of older versions, or of too few faces to learn it from. Throws DfkError where it is not one. */
export async function readRetargeting(checkpoint: Checkpoint): Promise<Retargeting | undefined> {
  if (checkpoint.sha256[FILE] === undefined) return undefined
  const tensors = await checkpoint.read(FILE)
  const k = tensors['spread']?.data.length ?? 0
  const of = (name: keyof Retargeting, length: number) => {
    const data = tensors[name]?.data
    if (data instanceof Float32Array && data.length === length) return data
    throw new DfkError(
      `expected ${length} numbers for ${name} in ${FILE}.safetensors of ${checkpoint.folder} but found ${data?.length ?? 'none'}`,
      {
        hint: 'render from another checkpoint (--checkpoint), or train on',
      },
    )
  }
  const one = 2 * MESH_POINTS
  return {
    mean: of('mean', one),
    modes: of('modes', k * one),
    spread: of('spread', k),
    places: of('places', one),
    moves: of('moves', k * one),
    rest: of('rest', one),
    moved: tensors['moved'] && of('moved', one),
  }
}
