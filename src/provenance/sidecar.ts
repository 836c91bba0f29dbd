import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { basename, dirname, join, parse } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** Where we put the manifest of a file that does not carry it: beside it, `clip.webm` → `clip.webm.c2pa`, so that `clip.mkv` has its own. */
export function sidecarPath(file: string): string {
  return `${file}.c2pa`
}

/** The sidecar of a file, if there is one: ours, or as other tools name it, `clip.c2pa`. */
export function findSidecar(file: string): string | undefined {
  const short = join(dirname(file), `${parse(file).name}.c2pa`)
  return [sidecarPath(file), short].find((path) => path !== file && existsSync(path))
}

/** Where the digest document of an oversize file lies: `clip.mp4` → `clip.mp4.sha256`. */
export function digestPath(file: string): string {
  return `${file}.sha256`
}

async function hashFile(path: string): Promise<Buffer> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest()
}

function documentOf(digest: Buffer, placedAt: string): string {
  return `${digest.toString('hex')}  ${basename(placedAt)}\n`
}

/** The line that sha256sum would write of `file` under the name that it will have. */
export async function digestDocument(file: string, placedAt: string): Promise<string> {
  return documentOf(await hashFile(file), placedAt)
}

/** Whether a sidecar's data hash (base64) is that of the file beside it, or of its digest document. */
export async function bindsFile(dataHash: string | undefined, file: string): Promise<boolean> {
  const digest = await hashFile(file)
  const document = createHash('sha256').update(documentOf(digest, file)).digest()
  return dataHash !== undefined && [digest, document].some((hash) => hash.toString('base64') === dataHash)
}
