import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { basename, dirname, join, parse } from 'node:path'
import { hashFile } from '../work/hashFile.ts'

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

function documentOf(sha256: string, placedAt: string): string {
  return `${sha256}  ${basename(placedAt)}\n`
}

/** The line that sha256sum would write of `file` under the name that it will have. */
export async function digestDocument(file: string, placedAt: string): Promise<string> {
  return documentOf(await hashFile(file), placedAt)
}

/** Whether a sidecar's data hash (base64) is that of the file beside it, or of its digest document. */
export async function bindsFile(dataHash: string | undefined, file: string): Promise<boolean> {
  const sha256 = await hashFile(file)
  const document = createHash('sha256').update(documentOf(sha256, file)).digest()
  return dataHash !== undefined && [Buffer.from(sha256, 'hex'), document].some((hash) => hash.toString('base64') === dataHash)
}
