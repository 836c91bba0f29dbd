import { rmdir } from 'node:fs/promises'
import { discardRun, latestCheckpoint, openRun, requireOwnFolder } from '../store/checkpoint.ts'
import { requireTrainingRoom } from '../store/room.ts'
import { hasCheckpoint } from '../store/stepFolders.ts'
import type { Device } from '../tensor/index.ts'
import { makeFolder } from '../work/folder.ts'
import { lockFolder } from '../work/lock.ts'
import { beginRun, type Intent } from './begin.ts'
import { tellCoverage } from './coverageText.ts'
import { openFeed } from './feed/feed.ts'
import { planFeed } from './feed/plan.ts'
import { trainLoop } from './loop.ts'
import type { TrainOptions, TrainResult } from './options.ts'
import { openGuard } from './setback.ts'
import { trimStats } from './stats.ts'
import { openTrainer } from './trainer.ts'

/**
 * Trains a run until its plan is done, from where it stopped; goes back to a checkpoint where it goes wrong (setback.ts). Throws InterruptedError,
 * after saving, when the signal is aborted, and DfkError where going back does not help, the disk is full or another training holds the run.
 */
export async function trainRun(intent: Intent, device: Device, options: TrainOptions): Promise<TrainResult> {
  if (intent.isNew) await requireOwnFolder(intent.folder)
  await makeFolder(intent.folder)
  const lock = await lockFolder(intent.folder, `run ${intent.settings.name}`)
  try {
    const retention = { saveEvery: options.saveEvery, keep: options.keep ?? 2, milestoneEvery: options.milestoneEvery ?? 0 }
    const lastStep = options.plan.kind === 'steps' ? options.plan.total : undefined
    await requireTrainingRoom(intent.folder, intent.settings, retention, lastStep, options.freeBytes)
    const earlier = intent.isNew ? undefined : (await openRun('', intent.folder)).config
    const { run, facesets, coverage } = await beginRun(intent, earlier, options)
    if (intent.isNew) tellCoverage(coverage, options)
    let from = await latestCheckpoint(run, options.onWarning)
    const guard = openGuard({ run, retention, from, onWarning: options.onWarning })
    const feed = openFeed(planFeed(run.config, facesets))
    try {
      for (;;) {
        await trimStats(run, from?.state.step ?? 0)
        const { rateScale } = guard
        const trainer = await openTrainer({ device, config: run.config, plan: options.plan, feed, from, rateScale, onNote: options.onNote })
        try {
          return await trainLoop({
            run,
            facesets,
            feed,
            trainer,
            from,
            guard,
            retention,
            device,
            options,
            touch: lock.touch,
            recheck: intent.recheck,
          })
        } catch (error) {
          from = await guard.goBack(error)
        } finally {
          await trainer.dispose()
        }
      }
    } finally {
      await feed.close()
    }
  } catch (error) {
    // A run without a checkpoint would only hold others of its name to settings that did not work.
    if (intent.isNew && !(await hasCheckpoint(intent.folder))) await discardRun(intent.folder)
    throw error
  } finally {
    await lock.release()
    // Nothing stays of a run that could not begin.
    await rmdir(intent.folder).catch(() => {})
  }
}
