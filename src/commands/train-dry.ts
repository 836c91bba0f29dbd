import type { Intent } from '../train/begin.ts'
import type { Coverage } from '../train/coverage.ts'
import type { Plan } from '../train/schedule.ts'
import type { Context } from './command.ts'

/** Says what a training would do, and of a new run what its facesets lack; writes nothing. */
export async function dryRun(context: Context, intent: Intent, plan: Plan): Promise<void> {
  const at = intent.isNew ? undefined : await positionOf(context, intent.settings.name)
  const { nothingToDo } = await import('../train/schedule.ts')
  const done = at && nothingToDo(plan, at)
  const { folder, isNew, settings } = intent
  const pair = isNew ? await tellPair(context, intent) : {}
  context.result(
    { ...settings, plan, ...at, ...pair },
    done === undefined ? describeDryRun(folder, isNew, settings.preset, plan) : `${settings.name} ${done}`,
  )
}

/** What a new run's facesets show and lack, and what its checkpoints will take. */
async function tellPair(context: Context, intent: Intent): Promise<{ coverage: Coverage; checkpointBytes: number }> {
  const { openPair } = await import('../train/begin.ts')
  const { tellCoverage } = await import('../train/coverageText.ts')
  const { checkpointBytes, inWords } = await import('../store/room.ts')
  const { config, coverage } = await context.work(`opening the facesets of ${intent.settings.name}`, (work) =>
    openPair(intent, undefined, work),
  )
  tellCoverage(coverage, { onNote: (message) => context.note(`${config.name} ${message}`), onWarning: context.warn })
  const bytes = checkpointBytes(config)
  context.note(`each checkpoint takes up to ${inWords(bytes)} of disk`)
  return { coverage, checkpointBytes: bytes }
}

/** How far a run has come; undefined where it has no checkpoint yet. */
async function positionOf({ home, warn }: Context, name: string): Promise<{ step: number; elapsedMs: number } | undefined> {
  const { latestCheckpoint, openRun } = await import('../store/checkpoint.ts')
  const found = await latestCheckpoint(await openRun(home, name), warn)
  return found && { step: found.state.step, elapsedMs: found.state.elapsedMs }
}

function describeDryRun(folder: string, isNew: boolean, preset: string, plan: Plan): string {
  const length = plan.kind === 'steps' ? `to step ${plan.total}` : `for ${plan.totalMs / 60_000} minutes in all`
  return `would ${isNew ? 'begin' : 'go on with'} ${folder} (${preset}) and train ${length}`
}
