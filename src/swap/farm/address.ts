import { UsageError } from '../../work/errors.ts'

/** A Redis server that holds a queue, and how it is called in messages: without the password. */
export interface QueueAddress {
  readonly host: string
  readonly port: number
  readonly database: number
  readonly tls: boolean
  readonly username: string | undefined
  readonly password: string | undefined
  /** Name of the queue in it. */
  readonly queue: string
  /** For messages and logs; holds no secret. */
  readonly shown: string
}

const HINT = 'write it like redis://host:6379, rediss:// for TLS; the password is better in DFK_REDIS_PASSWORD than on the command line'

function textOf(part: string): string | undefined {
  if (part === '') return undefined
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** Reads a queue's URL. `password`: used where the URL holds none. Throws UsageError, which never repeats what may hold a password. */
export function parseAddress(text: string, queue: string, password?: string | undefined): QueueAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const scheme = url?.protocol.slice(0, -1)
  if (url === undefined || (scheme !== 'redis' && scheme !== 'rediss') || url.hostname === '')
    throw new UsageError(`--queue: expected the URL of a Redis server but found ${url === undefined ? 'none' : `one of ${scheme}:`}`, {
      hint: HINT,
    })
  const database = /^\/?(\d{0,5})$/.exec(url.pathname)?.[1]
  if (database === undefined || url.search !== '' || url.hash !== '')
    throw new UsageError('--queue: expected nothing after the server but the number of a database, as redis://host:6379/2', { hint: HINT })
  const port = url.port === '' ? 6379 : Number(url.port)
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    database: Number(database),
    tls: scheme === 'rediss',
    username: textOf(url.username),
    password: textOf(url.password) ?? password,
    queue,
    shown: `${scheme}://${url.hostname}:${port}/${Number(database)} (${queue})`,
  }
}
