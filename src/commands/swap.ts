import type { FootageHash } from '../media/index.ts'
import type { Job } from '../swap/output.ts'
import type { RenderOptions } from '../swap/renderOptions.ts'
import type { SwapResult } from '../swap/result.ts'
import type { PermittedSwap } from '../swap/session.ts'
import { InterruptedError, UsageError } from '../work/errors.ts'
import { type Context, defineCommand } from './command.ts'
import { findProvider, openSigning } from './signing.ts'
import type { Batch } from './swap-batch.ts'
import { swapOptions } from './swap-options.ts'
import { idleInPreview, layersOf, renderOptionsOf, requestOf, requirePartners } from './swap-request.ts'
import { readShotsOf, writeShots } from './swap-shots.ts'

/** The line that says what was made. */
export function describe({ output, frames, swapped, earlier, fps, manifest }: SwapResult): string {
  const signer =
    manifest.anchor === undefined ? `signed by ${manifest.issuer}` : `signer unknown to others (their anchor: ${manifest.anchor})`
  const provenance = `${manifest.embedded ? 'manifest embedded' : `manifest in ${manifest.file}`}, ${signer}${manifest.timeStamped ? ', time-stamped' : ''}`
  return `${output}: ${frames} ${frames === 1 ? 'frame' : 'frames'}, ${swapped} with the double, ${earlier === undefined ? '' : `${earlier} by an earlier call, `}${fps} frames/s; ${provenance}`
}

type OptionsOf = (job: Job) => RenderOptions

/** Says what would be rendered, and refuses what rendering would refuse. */
async function rehearse(
  context: Context,
  batch: Batch,
  { request, runs, permission }: PermittedSwap,
  jobs: readonly Job[],
  optionsOf: OptionsOf,
): Promise<void> {
  const { planFile } = await import('../swap/swap.ts')
  await batch.each(jobs, async (job) => {
    const options = optionsOf(job)
    const { video } = await planFile(job, request, options, context.signal)
    const frames = options.preview ?? video?.segments.frames
    const encoder = options.preview === undefined ? video?.picture.encoder : undefined
    const layers = options.layers?.folder
    const details = [
      ...(frames === undefined ? [] : [`${frames} frames`]),
      ...(encoder === undefined ? [] : [`encoded by ${encoder}`]),
      ...(layers === undefined ? [] : [`layers in ${layers}`]),
    ]
    context.result(
      {
        ...{ input: job.path, output: job.output, run: runs.map(({ name }) => name).join(', '), consent: permission.authorization.consent },
        ...{ frames, encoder, layers },
      },
      `would render ${job.path} to ${job.output}${details.length === 0 ? '' : `: ${details.join(', ')}`}`,
    )
    batch.add(1)
  })
}

/** Whole segments stay beside the output until it is whole. */
const GOES_ON = 'run the same command again to go on after the last whole segment'

/** Renders here. `folder`: where the outputs of a folder go. */
async function render(
  context: Context,
  batch: Batch,
  permitted: PermittedSwap,
  jobs: readonly Job[],
  optionsOf: OptionsOf,
  folder: string | undefined,
): Promise<void> {
  const [{ dropFolder, prepareFolder }, { openSession }, { FACE_BATCH }, { swapFile }] = await Promise.all([
    import('../swap/output.ts'),
    import('../swap/session.ts'),
    import('../swap/render.ts'),
    import('../swap/swap.ts'),
  ])
  const faces = jobs.some(({ kind }) => kind === 'video') ? FACE_BATCH : 1
  const session = await context.work('loading networks', () => openSession(permitted, faces, context.warn))
  try {
    await batch.each(jobs, async (job) => {
      if (folder !== undefined) await prepareFolder(job, true)
      const result = await context.work(`rendering ${job.path}`, (work) =>
        swapFile(session, job, optionsOf(job), work).catch((error: unknown) => {
          throw job.kind === 'video' && error instanceof InterruptedError ? new InterruptedError(error.message, { hint: GOES_ON }) : error
        }),
      )
      for (const warning of result.warnings) context.warn(`${job.path}: ${warning}`)
      context.result(result, describe(result))
      batch.add(1)
    })
  } finally {
    await session.dispose()
    if (folder !== undefined && !batch.hasMade) await dropFolder(folder)
  }
}

export const swap = defineCommand({
  name: 'swap',
  summary: 'render the double into a clip, an image or a folder',
  args: [{ name: '<input>', help: 'video, image, or folder of them, that receives the face' }],
  options: swapOptions,
  example: 'dfk swap clip.mp4 --run my-run -o out.mp4',
  writes: true,
  async run(context, [input], asked) {
    const [{ planJobs, prepareFolder }, { permit }, { Batch }, { hashFootage }] = await Promise.all([
      import('../swap/output.ts'),
      import('../swap/session.ts'),
      import('./swap-batch.ts'),
      import('../media/index.ts'),
    ])
    requirePartners(asked)
    const idle = idleInPreview(asked)
    if (idle.length > 0) context.note(`a preview is one PNG file: ${idle.join(', ')} ${idle.length === 1 ? 'is' : 'are'} for the render`)
    const rendering = await renderOptionsOf(asked)
    if (asked.output === undefined && asked.listShots === undefined)
      throw new UsageError('expected the file to write: -o out.mp4 but found none', { hint: 'see: dfk swap --help' })
    const output = asked.output ?? `${asked.listShots}.mp4`
    const queue = asked.queue === undefined ? undefined : await import('./swap-queue.ts')
    const farm = queue?.prepareQueue(asked.queue!, asked)
    const planned = await planJobs(input as string, output, { preview: asked.preview !== undefined, signal: context.signal })
    queue?.requireVideos(planned)
    const isFolder = planned.length > 1 || planned[0]?.path !== input
    const { shots: shotsFile, listShots: list } = asked
    if (isFolder && (shotsFile ?? list) !== undefined)
      throw new UsageError(`${list === undefined ? '--shots' : '--list-shots'}: expected one clip but found the folder ${input}`, {
        hint: 'render its clips one by one',
      })
    if (list !== undefined) return writeShots(context, planned[0]!.path, list)
    const signing = await openSigning(asked, context.dryRun)
    const provider = await findProvider(asked.provider, signing)
    const batch = new Batch(context, isFolder ? (input as string) : undefined)
    const { shots, text } = await readShotsOf(context, shotsFile, planned[0]!.path, asked)
    const hashes = new Map<string, FootageHash>()
    const jobs = await context.work('reading footage', ({ signal, onProgress }) =>
      batch.each(planned, async ({ path }) => {
        hashes.set(path, await hashFootage(path, signal))
        onProgress({ done: hashes.size, total: planned.length })
      }),
    )
    if (jobs.length === 0) return batch.finish()
    const permitted = await context.work('checking consent', (work) =>
      permit(requestOf(context.home, { ...asked, provider }, signing, shots), jobs, work, {
        hash: async (path) => hashes.get(path)!,
        log: context.dryRun ? 'nothing' : 'all',
      }),
    )
    for (const job of isFolder ? [] : jobs) await prepareFolder(job, false)
    const optionsOf = (job: Job): RenderOptions => ({ ...rendering, layers: layersOf(asked, job.output, isFolder) })
    if (context.dryRun) await rehearse(context, batch, permitted, jobs, optionsOf)
    else if (farm !== undefined) {
      for (const job of isFolder ? jobs : []) await prepareFolder(job, true)
      await farm(context, permitted, jobs, optionsOf, text)
      batch.add(jobs.length)
    } else await render(context, batch, permitted, jobs, optionsOf, isFolder ? output : undefined)
    batch.finish()
  },
})
