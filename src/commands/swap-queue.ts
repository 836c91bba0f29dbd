import { resolve } from 'node:path'
import { fingerprintOf } from '../provenance/index.ts'
import { parsePair } from '../swap/choice.ts'
import { parseAddress } from '../swap/farm/address.ts'
import { openFarm } from '../swap/farm/redis.ts'
import { type Queued, submitClip } from '../swap/farm/submit.ts'
import { waitFor } from '../swap/farm/wait.ts'
import type { Job } from '../swap/output.ts'
import type { RenderOptions } from '../swap/renderOptions.ts'
import type { SwapResult } from '../swap/result.ts'
import type { PermittedSwap, SwapRequest } from '../swap/session.ts'
import { UsageError } from '../work/errors.ts'
import type { Context } from './command.ts'
import { describe } from './swap.ts'
import { DEFAULT_QUEUE, renderingOptions, type SwapAsked } from './swap-options.ts'

/** Has clips rendered by workers. `optionsOf`: how each is rendered. */
type RenderOnQueue = (
  context: Context,
  permitted: PermittedSwap,
  jobs: readonly Job[],
  optionsOf: (job: Job) => RenderOptions,
  shots: string | undefined,
) => Promise<void>

/** A run by its path as everybody sees it; a name is looked up in DFK_HOME, which is theirs as well. */
function runFor(name: string): string {
  return /[/\\]/.test(name) ? resolve(name) : name
}

/** What workers get to know of the command line: paths absolute, nothing that is only ours. */
function askedOf(
  asked: SwapAsked,
  { signing: { signer, tsa } = {}, provider }: SwapRequest,
  { layers }: RenderOptions,
  shots: string | undefined,
): Record<string, unknown> {
  const known = Object.keys(renderingOptions.shape).map((key) => [key, asked[key as keyof SwapAsked]] as const)
  return {
    ...Object.fromEntries(known.filter(([, value]) => value !== undefined)),
    ...(layers !== undefined && { layers: resolve(layers.folder) }),
    ...(shots !== undefined && { shots }),
    ...(asked.run !== undefined && { run: runFor(asked.run) }),
    ...(asked.faceImage !== undefined && { faceImage: resolve(asked.faceImage) }),
    map: asked.map.map(parsePair).map(({ person, run }) => `${person}=${runFor(run)}`),
    consent: asked.consent.map((path) => resolve(path)),
    ...(provider !== undefined && { provider }),
    // Keys stay where they are: workers have their own, and sign with no other certificate than this one.
    ...(signer !== undefined && { signedBy: fingerprintOf(signer) }),
    ...(tsa !== undefined && { wantsTime: true }),
  }
}

/** Throws UsageError where one of the files is a picture. */
export function requireVideos(jobs: readonly Job[]): void {
  const picture = jobs.find(({ kind }) => kind === 'image')
  if (picture !== undefined)
    throw new UsageError(`--queue: expected videos but found the picture ${picture.path}`, { hint: 'render pictures without --queue' })
}

async function finish(context: Context, { farm, queued }: { farm: Awaited<ReturnType<typeof openFarm>>; queued: Queued }): Promise<void> {
  const onLonely = () =>
    context.note(`nobody works on ${farm.address.shown} yet: start dfk worker --queue … on machines that see the same disk`)
  const { frames, swapped, fps, manifest, warnings } = await context.work(`rendering ${queued.output}`, (work) =>
    waitFor(farm, queued, work, onLonely),
  )
  const result: SwapResult = {
    output: queued.output,
    frames,
    swapped,
    ...(queued.keptFrames && { earlier: queued.keptFrames }),
    fps,
    manifest: manifest as unknown as SwapResult['manifest'],
    warnings,
  }
  for (const warning of warnings) context.warn(`${queued.output}: ${warning}`)
  context.result(result, describe(result))
}

/** Reads `--queue` and what belongs to it; throws UsageError before anything is done. */
export function prepareQueue(url: string, asked: SwapAsked): RenderOnQueue {
  const alone = asked.listShots !== undefined ? '--list-shots' : asked.preview !== undefined ? '--preview' : undefined
  if (alone !== undefined)
    throw new UsageError(`--queue: expected no ${alone}, which one machine does by itself`, { hint: 'leave --queue away' })
  const address = parseAddress(url, asked.queueName ?? DEFAULT_QUEUE, process.env['DFK_REDIS_PASSWORD'])
  return async (context, permitted, jobs, optionsOf, shots) => {
    const farm = await openFarm(address)
    try {
      const all: Queued[] = []
      for (const job of jobs) {
        const options = optionsOf(job)
        const wish = { options, asked: askedOf(asked, permitted.request, options, shots) }
        all.push(await context.work(`queueing ${job.path}`, ({ signal }) => farm.guard(submitClip(farm, permitted, job, wish, signal))))
      }
      let failure: unknown
      for (const queued of all) {
        if (asked.detach === true) {
          const { output, id, segments, kept } = queued
          context.result(
            { output, queued: id, segments, done: kept },
            `${output}: ${segments - kept} of ${segments} segments queued on ${address.shown}`,
          )
          continue
        }
        try {
          await finish(context, { farm, queued })
        } catch (error) {
          // One clip of a folder stops nobody.
          if (all.length === 1 || context.signal.aborted) throw error
          context.warn(error instanceof Error ? error.message : String(error))
          failure ??= error
        }
      }
      if (failure !== undefined) throw failure
    } finally {
      await farm.close()
    }
  }
}
