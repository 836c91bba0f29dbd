import type { SwapResult } from '../swap/result.ts'
import { UsageError } from '../work/errors.ts'
import { defineCommand } from './command.ts'
import { swapOptions } from './swap-options.ts'
import { layersOf, renderOptionsOf, requestOf } from './swap-request.ts'
import { shotsOf, writeShots } from './swap-shots.ts'

/** The line that says what was made. */
export function describe({ output, frames, swapped, fps, manifest }: SwapResult): string {
  const provenance = manifest.embedded ? 'manifest embedded' : `manifest in ${manifest.file}`
  return `${output}: ${frames} frames, ${swapped} with the double, ${fps} frames/s; ${provenance}`
}

export const swap = defineCommand({
  name: 'swap',
  summary: 'render the double into a clip, an image or a folder',
  args: [{ name: '<input>', help: 'video, image, or folder of them, that receives the face' }],
  options: swapOptions,
  example: 'dfk swap clip.mp4 --run my-run -o out.mp4',
  writes: true,
  async run(context, [input], asked) {
    const { dropFolder, planJobs, prepareFolder } = await import('../swap/output.ts')
    const { NothingSwappedError, openSession, permit } = await import('../swap/session.ts')
    const { FACE_BATCH } = await import('../swap/render.ts')
    const { swapFile } = await import('../swap/swap.ts')
    const rendering = await renderOptionsOf(asked)
    if (asked.output === undefined && asked.listShots === undefined)
      throw new UsageError('expected the file to write: -o out.mp4 but found none', { hint: 'see: dfk swap --help' })
    const output = asked.output ?? `${asked.listShots}.mp4`
    const farm = asked.queue === undefined ? undefined : (await import('./swap-queue.ts')).prepareQueue(asked.queue, asked)
    const jobs = await planJobs(input as string, output, { preview: asked.preview !== undefined, signal: context.signal })
    const isFolder = jobs.length > 1 || jobs[0]?.path !== input
    const { shots: shotsFile, listShots: list } = asked
    if (isFolder && (shotsFile ?? list) !== undefined)
      throw new UsageError(`${list === undefined ? '--shots' : '--list-shots'}: expected one clip but found the folder ${input}`)
    if (list !== undefined) return writeShots(context, jobs[0]!.path, list)
    const shots = shotsFile === undefined ? [] : await shotsOf(context, shotsFile, jobs[0]!.path, asked)
    const permitted = await context.work('checking consent', (work) => permit(requestOf(context.home, asked, shots), jobs, work))
    for (const job of isFolder ? [] : jobs) await prepareFolder(job, false)
    if (context.dryRun) {
      for (const { path, output } of jobs)
        context.result(
          {
            input: path,
            output,
            run: permitted.runs.map(({ name }) => name).join(', '),
            consent: permitted.permission.authorization.consent,
          },
          `would render ${path} to ${output}`,
        )
      return
    }
    if (farm !== undefined) {
      for (const job of isFolder ? jobs : []) await prepareFolder(job, true)
      await farm(context, permitted, jobs, rendering)
      return
    }
    const batch = jobs.some(({ kind }) => kind === 'video') ? FACE_BATCH : 1
    const session = await context.work('loading networks', () => openSession(permitted, batch, context.warn))
    let failure: unknown
    let made = 0
    try {
      for (const job of jobs) {
        if (isFolder) await prepareFolder(job, true)
        try {
          const result = await context.work(`rendering ${job.path}`, (work) =>
            swapFile(session, job, { ...rendering, layers: layersOf(asked, job.output, isFolder) }, work),
          )
          for (const warning of result.warnings) context.warn(`${job.path}: ${warning}`)
          context.result(result, describe(result))
          made += 1
        } catch (error) {
          // One picture of a folder without the face stops nobody.
          if (!(error instanceof NothingSwappedError) || jobs.length === 1) throw error
          context.warn(error.message)
          failure = error
        }
      }
    } finally {
      await session.dispose()
      if (isFolder && made === 0) await dropFolder(output)
    }
    if (made === 0) throw failure
  },
})
