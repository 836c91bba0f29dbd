import { resolve } from 'node:path'
import { z } from 'zod'
import type { Finished } from '../swap/farm/worker.ts'
import { UsageError } from '../work/errors.ts'
import { defineCommand } from './command.ts'
import { openSigning, signingOptions } from './signing.ts'
import { DEFAULT_QUEUE, queueName } from './swap-options.ts'

const options = z.object({
  queue: z
    .string({ error: 'expected the queue to work on: --queue redis://host:6379' })
    .meta({ flag: '--queue <url>' })
    .describe('Redis server that holds the queue; password in the URL or in DFK_REDIS_PASSWORD'),
  queueName: queueName.default(DEFAULT_QUEUE).describe('name of the queue there, the same as of dfk swap'),
  root: z.string().optional().meta({ flag: '--root <folder>' }).describe('refuse jobs with a path outside this folder'),
  device: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'tensorflow']).default('auto').describe('what computes'),
  untilIdle: z
    .number()
    .min(1)
    .optional()
    .meta({ flag: '--until-idle <s>' })
    .describe('end after so many seconds without a job (default: never)'),
  lock: z
    .number()
    .min(2)
    .max(3600)
    .default(20)
    .meta({ flag: '--lock <s>' })
    .describe("seconds without a sign of life after which another worker takes this one's segment"),
  ...signingOptions.shape,
})

function line({ output, segment, frames, seconds }: Finished): string {
  if (segment === undefined) return `${output}: joined, ${frames} frames`
  const what = segment === null ? 'all segments' : `segment ${segment}`
  return `${output}: ${what}, ${frames} frames, ${seconds > 0 ? (frames / seconds).toFixed(1) : 0} frames/s`
}

/** `dfk worker`: renders segments that `dfk swap --queue` put on a queue. */
export const worker = defineCommand({
  name: 'worker',
  summary: 'render segments of a queue',
  args: [],
  options,
  example: 'dfk worker --queue redis://farm:6379 --root /mnt/show',
  writes: false,
  async run(context, _, asked) {
    const { parseAddress } = await import('../swap/farm/address.ts')
    const { openFarm } = await import('../swap/farm/redis.ts')
    const { runWorker } = await import('../swap/farm/worker.ts')
    const { Workshop } = await import('../swap/farm/workshop.ts')
    const { renderingOptions } = await import('./swap-options.ts')
    const { layersOf, renderOptionsOf, requestOf } = await import('./swap-request.ts')
    const { shotsIn } = await import('./swap-shots.ts')
    const signing = await openSigning(asked, false)
    const farm = await openFarm(parseAddress(asked.queue, asked.queueName, process.env['DFK_REDIS_PASSWORD']))
    const workshop = new Workshop({
      async read(home, wanted) {
        const parsed = renderingOptions.safeParse(wanted)
        if (!parsed.success)
          throw new UsageError(`expected what dfk swap takes in a job but found something else (${parsed.error.issues[0]?.message})`, {
            hint: 'workers and dfk swap must be of one version',
          })
        const job = { ...parsed.data, device: asked.device, preview: undefined, output: undefined }
        const request = requestOf(home, job, signing, await shotsIn(job.shots, job))
        return { request, options: { ...(await renderOptionsOf(job)), layers: layersOf(job, '', false) } }
      },
      home: context.home,
      root: asked.root === undefined ? undefined : resolve(asked.root),
      onWarning: context.warn,
    })
    try {
      context.note(`working on ${farm.address.shown}`)
      await runWorker(farm, {
        ...{ workshop, lockS: asked.lock, untilIdleS: asked.untilIdle, signal: context.signal, onWarning: context.warn },
        onFinished: (finished) => context.result(finished, line(finished)),
      })
    } finally {
      await workshop.dispose()
      await farm.close()
    }
  },
})
