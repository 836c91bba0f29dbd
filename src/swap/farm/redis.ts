import type { Redis } from 'ioredis'
import { DfkError } from '../../work/errors.ts'
import type { QueueAddress } from './address.ts'

/** The packages that queues need. */
type Packages = typeof import('bullmq') & { readonly Redis: typeof Redis }

const CONNECT_MS = 5_000
/** A server that is away for longer than these tries (half a minute) is given up. */
const TRIES = 20
const LONGEST_PAUSE_MS = 2_000

async function loadPackages(): Promise<Packages> {
  try {
    const [bullmq, ioredis] = await Promise.all([import('bullmq'), import('ioredis')])
    return { ...bullmq, Redis: ioredis.Redis }
  } catch (cause) {
    throw new DfkError('expected the packages bullmq and ioredis, which queues need, but found none', {
      hint: 'install them beside dfk: npm install bullmq ioredis',
      cause,
    })
  }
}

/** A connection to a queue's server. */
export interface Farm {
  readonly address: QueueAddress
  readonly packages: Packages
  readonly redis: Redis
  /** Aborted when the server is gone for good. */
  readonly lost: AbortSignal
  /** Waits for work that talks to the server. Throws DfkError where the server is gone for good meanwhile, or refuses a command. */
  guard<T>(work: Promise<T>): Promise<T>
  close(): Promise<void>
}

function reasonOf(error: unknown): { reason: string; hint: string } {
  const { message = '', code = '' } = error as { message?: string; code?: string }
  if (/NOAUTH|WRONGPASS|NOPERM|AUTH/.test(message))
    return { reason: 'it wants another password', hint: 'put it into DFK_REDIS_PASSWORD, or into the URL' }
  const hint = 'is the server running, and may this machine reach it?'
  if (code === 'ECONNREFUSED') return { reason: 'nothing listens there (ECONNREFUSED)', hint }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return { reason: `no such host is known (${code})`, hint }
  if (code === 'ETIMEDOUT' || message.includes('ETIMEDOUT')) return { reason: 'it does not answer (ETIMEDOUT)', hint }
  if (/RESP|Protocol error|reply type/.test(message)) return { reason: 'what answers there is no Redis', hint: 'check host and port' }
  if (code === 'EPIPE' || code === 'ECONNRESET')
    return { reason: `it closes the connection (${code})`, hint: 'is it a Redis? for one with TLS write rediss://' }
  return { reason: code || message || 'the connection was closed', hint }
}

/** Connects to a queue's server. Throws DfkError, after seconds at most, where that cannot be: packages missing, nobody there, wrong password, something that is no Redis. */
export async function openFarm(address: QueueAddress): Promise<Farm> {
  const packages = await loadPackages()
  let ready = false
  const { host, port, database: db, username, password, tls } = address
  const redis = new packages.Redis({
    ...{ host, port, db, connectTimeout: CONNECT_MS, lazyConnect: true, maxRetriesPerRequest: null },
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: {} }),
    retryStrategy: (times) => (ready && times <= TRIES ? Math.min(times * 200, LONGEST_PAUSE_MS) : null),
  })
  let first: unknown
  // Each failed try says so; what counts is whether one succeeds in the end, and else how it began.
  redis.on('error', (error) => {
    first ??= error
  })
  let silent = false
  const patience = setTimeout(() => {
    silent = true
    redis.disconnect()
  }, 2 * CONNECT_MS)
  try {
    await redis.connect()
    await redis.ping()
  } catch (error) {
    redis.disconnect()
    const { reason, hint } = reasonOf(silent ? { code: 'ETIMEDOUT' } : (first ?? error))
    throw new DfkError(`expected a Redis server at ${address.shown} but ${reason}`, { hint })
  } finally {
    clearTimeout(patience)
  }
  ready = true
  return watched({ address, packages, redis })
}

/** A connection that says when it is gone. */
function watched(open: Pick<Farm, 'address' | 'packages' | 'redis'>): Farm {
  const { address, redis } = open
  const gone = new AbortController()
  let closing = false
  redis.once('end', () => {
    const hint = 'run the same command again once it is back'
    if (!closing) gone.abort(new DfkError(`expected the Redis server at ${address.shown} to stay but it has gone`, { hint }))
  })
  const lost = new Promise<never>((_, reject) => gone.signal.addEventListener('abort', () => reject(gone.signal.reason)))
  // Whoever waits for it gets the failure; until then it is nobody's.
  lost.catch(() => {})
  return {
    ...open,
    lost: gone.signal,
    async guard(work) {
      try {
        return await Promise.race([work, lost])
      } catch (error) {
        gone.signal.throwIfAborted()
        if ((error as Error).name !== 'ReplyError') throw error
        throw new DfkError(`expected the Redis server at ${address.shown} to hold a queue but it said: ${(error as Error).message}`, {
          hint: 'a queue needs a Redis of its own, 6.2 or newer, not a read-only copy, with room left',
          cause: error,
        })
      }
    },
    async close() {
      closing = true
      redis.disconnect()
    },
  }
}
