import { requireCheckpoint } from '../../store/checkpoint.ts'
import type { Models, PermittedSwap } from '../session.ts'

/** The weights with which a swap would be rendered, and the step of the first run's: known without loading them. */
export async function modelsOf({ runs, request }: PermittedSwap): Promise<{ models: Models; step: number }> {
  const models = new Map<string, { sha256: string }>()
  let first: number | undefined
  for (const run of runs) {
    const { sha256, state } = await requireCheckpoint(run, { step: request.checkpoint })
    models.set(run.name, { sha256: sha256['generator']! })
    first ??= state.step
  }
  return { models, step: first! }
}
