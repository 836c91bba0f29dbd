import { requireCheckpoint } from '../../store/checkpoint.ts'
import type { NamedGenerator } from '../../store/generator.ts'
import type { NamedSwap, PermittedSwap } from '../session.ts'

/** Names the weights that a swap would render with, and the steps that they were trained, run by run, without loading them. Throws DfkError where a run has none. */
export async function nameWeights(permitted: PermittedSwap): Promise<{ readonly named: NamedSwap; readonly steps: readonly number[] }> {
  const generators = new Map<string, NamedGenerator>()
  const steps: number[] = []
  for (const run of permitted.runs) {
    const { sha256, state } = await requireCheckpoint(run, { step: permitted.request.checkpoint })
    generators.set(run.name, { sha256: sha256['generator']!, retargetingSha256: sha256['retargeting'], sizePx: run.config.sizePx })
    steps.push(state.step)
  }
  return { named: { ...permitted, generators }, steps }
}
