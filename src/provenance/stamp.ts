import { randomBytes, X509Certificate } from 'node:crypto'
import { appendFile, copyFile, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { topBoxes } from './boxes.ts'
import { type EmbedFormat, embedFormat } from './formats.ts'
import { digestDocument, digestPath, sidecarPath } from './sidecar.ts'
import { signAsset } from './sign.ts'
import { openSigner, type Signer } from './signer.ts'
import { aigcMark, toolVersion } from './tags.ts'
import { COMPOSITE_SOURCE_TYPE, type ManifestSummary, type StampRequest } from './types.ts'
import { addXmpToImage, xmpBox, xmpPacket } from './xmp.ts'

/** The library holds the signed file several times over (measured: 4.6 bytes a byte) in memory of at most 4 GB; larger files get a sidecar. */
const MAX_EMBED_BYTES = 512 << 20

/** Writes the metadata marks into `partial`, a copy of the output. */
async function addMarks(partial: string, format: EmbedFormat | undefined, outputId: string, tool: string): Promise<void> {
  const packet = xmpPacket(COMPOSITE_SOURCE_TYPE, aigcMark(outputId), tool)
  if (format === 'image/jpeg' || format === 'image/png') {
    await writeFile(partial, addXmpToImage(await readFile(partial), format, packet))
  } else if (format === 'video/mp4' || format === 'video/quicktime') {
    const last = (await topBoxes(partial)).at(-1)
    if (last !== undefined && !last.open && last.end === (await stat(partial)).size) await appendFile(partial, xmpBox(packet))
  }
}

interface Job {
  readonly request: StampRequest
  readonly signer: Signer
  readonly tool: string
  /** A copy of the output with its marks. */
  readonly partial: string
}

async function embed({ request, signer, tool, partial }: Job, format: EmbedFormat): Promise<void> {
  await writeFile(partial, await signAsset(partial, format, request, signer, tool), { flush: true })
  await rename(partial, request.file)
}

/** Writes the manifest beside the output; that of an oversize file binds a digest document, since the library cannot hold the file. */
async function putBeside({ request, signer, tool, partial }: Job, oversize: boolean): Promise<string> {
  const placed = request.placedAt ?? request.file
  const sidecar = sidecarPath(placed)
  const digest = digestPath(placed)
  if (oversize) await writeFile(digest, await digestDocument(partial, placed))
  const manifest = await signAsset(oversize ? digest : partial, undefined, request, signer, tool)
  const beside = `${partial}.c2pa`
  try {
    await writeFile(beside, manifest, { flush: true })
    await rename(partial, request.file)
    await rename(beside, sidecar)
  } finally {
    await rm(beside, { force: true })
  }
  return sidecar
}

/**
 * Signs an output with a C2PA manifest and writes the metadata marks: MP4, MOV, AVI, JPEG, PNG, WebP, GIF, TIFF and AVIF up to `maxEmbedBytes` (512 MB) carry the
 * manifest, anything else gets a sidecar `.c2pa`. The file is replaced by a rename. Throws DfkError when the library refuses.
 */
export async function stampOutput(request: StampRequest, maxEmbedBytes: number = MAX_EMBED_BYTES): Promise<ManifestSummary> {
  const { file, now = new Date(), placedAt = file, outputId } = request
  const signer = openSigner(request.home, now)
  const format = await embedFormat(file)
  const oversize = (await stat(file)).size > maxEmbedBytes
  const tool = toolVersion()
  const partial = join(dirname(file), `.${randomBytes(6).toString('hex')}.stamp`)
  const job = { request, signer, tool, partial }
  const issuer = /O=(.*)/.exec(new X509Certificate(signer.chain[0]!).subject)?.[1] ?? 'unknown'
  const common = { state: 'valid', outputId, digitalSourceType: COMPOSITE_SOURCE_TYPE, issuer } as const
  try {
    await copyFile(file, partial)
    await addMarks(partial, format, outputId, `dfk ${tool}`)
    if (format === undefined || oversize) return { ...common, file: await putBeside(job, oversize), embedded: false }
    await embed(job, format)
    return { ...common, file: placedAt, embedded: true }
  } finally {
    await rm(partial, { force: true })
  }
}
