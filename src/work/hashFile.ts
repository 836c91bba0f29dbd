import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { checkInterrupted } from './errors.ts'

/** SHA-256 of a file, 64 hexadecimal digits, read as a stream. Throws InterruptedError when stopped, and what the file system says of a file that cannot be read. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash, ...(signal ? [{ signal }] : [])).catch((error: unknown) => {
    checkInterrupted(signal)
    throw error
  })
  return hash.digest('hex')
}
