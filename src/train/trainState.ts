import { initialState } from '../models/step.ts'
import type { Checkpoint, RunConfig } from '../store/checkpoint.ts'
import type { HostTensors } from '../tensor/index.ts'
import { DfkError } from '../work/errors.ts'
import { firstWeights } from './base.ts'
import type { Position } from './schedule.ts'

/** The generator's file holds what one renders with; the rest of the state goes into the other file, none of it twice. */
export function isSaved(name: string, { averageSince, adversarialSince }: Position): boolean {
  // Between steps the sums of gradients are zero.
  if (name.startsWith('average/') || name.startsWith('sums/') || name.startsWith('phases/') || name.startsWith('d.sums/')) return false
  if (name.startsWith('d.')) return adversarialSince !== undefined
  return averageSince !== undefined || !name.startsWith('weights/')
}

/** The state that a run starts from: its base weights, or from scratch. */
export async function firstState(config: RunConfig): Promise<HostTensors> {
  const { base, preset, generator, source, target } = config
  const descriptors = { source: source.descriptor, target: target.descriptor }
  return freshState(config, base === undefined ? {} : await firstWeights(base, preset, generator, descriptors))
}

function freshState(config: RunConfig, base: HostTensors = {}): HostTensors {
  return initialState(config, config.seed, { accumulate: config.accumulate > 1, dropout: config.training.rateShare < 1, base })
}

/** The whole state at a checkpoint: parts that had not begun start afresh from the seed. */
export async function restore(from: Checkpoint, config: RunConfig): Promise<HostTensors> {
  const fresh = freshState(config)
  const prefix = from.state.averageSince === undefined ? 'weights' : 'average'
  const generator = Object.entries(await from.read('generator')).map(([name, tensor]) => [`${prefix}/${name}`, tensor] as const)
  const stored: HostTensors = { ...Object.fromEntries(generator), ...(await from.read('training')) }
  for (const [name, tensor] of Object.entries(stored)) {
    if (fresh[name]?.shape.join() !== tensor.shape.join()) {
      throw new DfkError(`expected the networks of config.json in ${from.folder} but found ${name} of shape [${tensor.shape}]`, {
        hint: 'config.json and the checkpoint are not of one run; train again under another name',
      })
    }
  }
  return { ...fresh, ...stored }
}
