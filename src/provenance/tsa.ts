import { createHash, randomBytes } from 'node:crypto'
import { DfkError } from '../work/errors.ts'
import { boolean, integer, octets, oid, readElement, sequence } from './der.ts'

const SHA256 = sequence(oid('2.16.840.1.101.3.4.2.1'), Buffer.from([0x05, 0x00]))
const TIMEOUT_MS = 20_000
/** Tokens of real authorities are 2 to 8 KB. */
const MAX_BYTES = 1 << 16
const TRIES = 3

const HINT = 'run the same command again later (what is rendered is kept), choose another authority, or leave --tsa away'

async function post(url: string, request: Buffer): Promise<Buffer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
    body: Uint8Array.from(request),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  const reply = Buffer.from(await response.arrayBuffer())
  if (reply.length > MAX_BYTES) throw new Error(`a reply of ${reply.length} bytes`)
  return reply
}

/** The token of a reply (RFC 3161, 2.4.2): granted, and over these bytes. */
function tokenOf(reply: Buffer, hash: Buffer, nonce: Buffer): Buffer {
  const { body } = readElement(reply)
  const status = readElement(body)
  const granted = readElement(status.body).body
  if (granted.length !== 1 || granted[0]! > 1) throw new Error(`a refusal (status ${granted.toString('hex')})`)
  const token = body.subarray(status.end)
  if (token.length === 0 || !token.includes(octets(hash))) throw new Error('a token over something else')
  if (!token.includes(integer(nonce))) throw new Error('a token for another request')
  return token
}

/**
 * Asks a time-stamp authority for a token over bytes (RFC 3161 over HTTP), a few times. Throws DfkError where there is none to be had. Whether the token's own
 * signature holds is for the C2PA library and for readers to say.
 */
export async function askTimeStamp(url: string, signed: Uint8Array, hint = HINT): Promise<Buffer> {
  const hash = createHash('sha256').update(signed).digest()
  const nonce = randomBytes(8)
  // DER knows no leading zeros.
  nonce[0]! |= 0x40
  nonce[0]! &= 0x7f
  const request = sequence(integer(Buffer.from([1])), sequence(SHA256, octets(hash)), integer(nonce), boolean(true))
  let cause: unknown
  for (let attempt = 0; attempt < TRIES; attempt++) {
    try {
      return tokenOf(await post(url, request), hash, nonce)
    } catch (error) {
      cause = error
    }
  }
  const reason = cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : String(cause)
  throw new DfkError(`--tsa: expected a time stamp from ${url} but found ${reason}`, { hint, cause })
}
