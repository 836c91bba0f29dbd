import { randomBytes } from 'node:crypto'
import { appendFile, copyFile, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DfkError } from '../work/errors.ts'
import { topBoxes } from './boxes.ts'
import { type EmbedFormat, embedFormat } from './formats.ts'
import { digestDocument, digestPath, sidecarPath } from './sidecar.ts'
import { type Pen, signAsset } from './sign.ts'
import { openSigner } from './signer.ts'
import { fingerprintOf, organizationOf } from './studio.ts'
import { disclosureOf } from './tags.ts'
import { COMPOSITE_SOURCE_TYPE, type Disclosure, type ManifestSummary, type Signer, type StampRequest } from './types.ts'
import { addXmpToImage, xmpBox, xmpPacket } from './xmp.ts'

/** The library holds the signed file several times over (measured: 4.6 bytes a byte) in memory of at most 4 GB; larger files get a sidecar. */
const MAX_EMBED_BYTES = 512 << 20

/** Writes the metadata marks into `partial`, a copy of the output. */
async function addMarks(partial: string, format: EmbedFormat | undefined, disclosure: Disclosure): Promise<void> {
  const packet = xmpPacket(disclosure)
  if (format === 'image/jpeg' || format === 'image/png' || format === 'image/webp') {
    await writeFile(partial, addXmpToImage(await readFile(partial), format, packet))
  } else if (format === 'video/mp4' || format === 'video/quicktime') {
    const last = (await topBoxes(partial)).at(-1)
    if (last !== undefined && !last.open && last.end === (await stat(partial)).size) await appendFile(partial, xmpBox(packet))
  }
}

interface Job {
  readonly request: StampRequest
  readonly pen: Pen
  readonly disclosure: Disclosure
  /** A copy of the output with its marks. */
  readonly partial: string
}

async function embed({ request, pen, disclosure, partial }: Job, format: EmbedFormat): Promise<void> {
  await writeFile(partial, await signAsset(partial, format, request, pen, disclosure), { flush: true })
  await rename(partial, request.file)
}

/** Writes the manifest beside the output; that of an oversize file binds a digest document, since the library cannot hold the file. */
async function putBeside({ request, pen, disclosure, partial }: Job, oversize: boolean): Promise<string> {
  const placed = request.placedAt ?? request.file
  const sidecar = sidecarPath(placed)
  const digest = digestPath(placed)
  if (oversize) await writeFile(digest, await digestDocument(partial, placed))
  const manifest = await signAsset(oversize ? digest : partial, undefined, request, pen, disclosure)
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

/** Who signs. Throws DfkError where that is not whom the request wants. */
function signerOf({ signing, home }: StampRequest, now: Date): { readonly signer: Signer; readonly anchor?: string } {
  const own = signing?.signer
  const wanted = signing?.signedBy
  if (wanted !== undefined && (own === undefined || fingerprintOf(own) !== wanted))
    throw new DfkError(
      `expected to sign with the certificate ${wanted.slice(0, 16)}… but found ${own === undefined ? 'none' : 'another'} here`,
      {
        hint: 'start dfk worker with the same --cert and --key as dfk swap, and run the same command again: what is rendered is kept',
      },
    )
  if (signing?.wantsTime === true && signing.tsa === undefined)
    throw new DfkError('expected a time-stamp authority, which whoever asked for this wants, but found none here', {
      hint: 'start dfk worker with --tsa, as dfk swap, and run the same command again: what is rendered is kept',
    })
  if (own !== undefined) return { signer: own }
  const local = openSigner(home, now)
  return { signer: local, anchor: local.caPath }
}

/**
 * Signs an output with a C2PA manifest and writes the metadata marks: MP4, MOV, AVI, JPEG, PNG, WebP, GIF, TIFF and AVIF up to `maxEmbedBytes` (512 MB) carry the
 * manifest, anything else gets a sidecar `.c2pa`. The file is replaced by a rename. Throws DfkError when the library refuses, or the time-stamp authority fails.
 */
export async function stampOutput(request: StampRequest, maxEmbedBytes: number = MAX_EMBED_BYTES): Promise<ManifestSummary> {
  const { file, now = new Date(), placedAt = file, outputId, signing } = request
  const { signer, anchor } = signerOf(request, now)
  const issuer = organizationOf(signer)
  const disclosure = disclosureOf(outputId, request.provider ?? (anchor === undefined ? issuer : undefined), now)
  const format = await embedFormat(file)
  const oversize = (await stat(file)).size > maxEmbedBytes
  const partial = join(dirname(file), `.${randomBytes(6).toString('hex')}.stamp`)
  const job = { request, pen: { signer, tsa: signing?.tsa }, disclosure, partial }
  const common = {
    ...({ state: 'valid', outputId, digitalSourceType: COMPOSITE_SOURCE_TYPE } as const),
    ...{ issuer, anchor, timeStamped: signing?.tsa !== undefined },
  }
  try {
    await copyFile(file, partial)
    await addMarks(partial, format, disclosure)
    if (format === undefined || oversize) return { ...common, file: await putBeside(job, oversize), embedded: false }
    await embed(job, format)
    return { ...common, file: placedAt, embedded: true }
  } finally {
    await rm(partial, { force: true })
  }
}
