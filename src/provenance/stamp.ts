import { randomBytes, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { appendFile, copyFile, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, parse } from 'node:path'
import type { WasmBuilder } from '@contentauth/c2pa-wasm'
import { DfkError } from '../work/errors.ts'
import { topBoxes } from './boxes.ts'
import { coseSign1 } from './cose.ts'
import { type EmbedFormat, embedFormat } from './formats.ts'
import { manifestDefinition, modelIngredient, parentIngredient } from './manifest.ts'
import { openSigner, type Signer } from './signer.ts'
import { aigcMark } from './tags.ts'
import { COMPOSITE_SOURCE_TYPE, type ManifestSummary, type StampRequest } from './types.ts'
import { loadLibrary, withFileBlob } from './wasm.ts'
import { addXmpToImage, xmpBox, xmpPacket } from './xmp.ts'

/** The library holds the signed file several times over in memory of at most 4 GB: measured 4.6 bytes a byte. */
const MAX_BYTES = 512 << 20
const RESERVED_BYTES = 4096
const ALG = 'es256'

function version(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version
}

/** Where the manifest of a file lies that cannot carry one: beside it, `clip.webm` → `clip.c2pa`. */
export function sidecarPath(file: string): string {
  return join(dirname(file), `${parse(file).name}.c2pa`)
}

/** The library throws values that are no errors. */
function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown).slice(0, 500))
}

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

async function addIngredients(builder: WasmBuilder, request: StampRequest): Promise<void> {
  const { parent } = request
  const json = JSON.stringify(parentIngredient(parent))
  const format = parent === undefined ? undefined : await embedFormat(parent)
  if (parent === undefined || format === undefined) builder.addIngredient(json)
  else {
    try {
      // Read as a stream, so that a manifest of its own goes along.
      await withFileBlob(parent, (blob) => builder.addIngredientFromBlob(json, format, blob))
    } catch {
      // Damaged or of a dialect that the library does not read: named all the same.
      builder.addIngredient(json)
    }
  }
  builder.addIngredient(JSON.stringify(modelIngredient(request)))
}

async function sign(partial: string, format: EmbedFormat | undefined, request: StampRequest, signer: Signer, tool: string) {
  const { WasmBuilder } = await loadLibrary()
  const type = format ?? 'application/octet-stream'
  const builder = WasmBuilder.fromJson(JSON.stringify(manifestDefinition(request, type, tool)))
  try {
    await addIngredients(builder, request)
    builder.setNoEmbed(format === undefined)
    const definition = {
      alg: ALG,
      reserveSize: RESERVED_BYTES,
      sign: async (claim: Uint8Array) => coseSign1(claim, signer.key, signer.chain, RESERVED_BYTES),
    }
    return (await withFileBlob(partial, (blob) => builder.signAndGetManifestBytes(definition, [], type, blob))) as {
      readonly asset: Uint8Array
      readonly manifest: Uint8Array
    }
  } catch (thrown) {
    throw new DfkError(`expected to sign ${request.file} but the C2PA library refused: ${asError(thrown).message}`, {
      cause: asError(thrown),
    })
  } finally {
    builder.free()
  }
}

/**
 * Signs an output with a C2PA manifest and writes the metadata marks: MP4, MOV, AVI, JPEG, PNG, WebP, GIF, TIFF and AVIF carry the manifest, anything else
 * gets a sidecar `.c2pa`. The file is replaced by a rename. Throws DfkError for files above 512 MB, which the library cannot hold.
 */
export async function stampOutput(request: StampRequest): Promise<ManifestSummary> {
  const { file, now = new Date(), placedAt = file } = request
  const { size } = await stat(file)
  if (size > MAX_BYTES) {
    throw new DfkError(`expected an output of at most ${MAX_BYTES >> 20} MB to sign but found ${Math.round(size / 1e6)} MB in ${file}`, {
      hint: 'render the clip in parts, or with a smaller size or a lower quality',
    })
  }
  const signer = openSigner(request.home, now)
  const format = await embedFormat(file)
  const partial = join(dirname(file), `.${randomBytes(6).toString('hex')}.stamp`)
  const embedded = format !== undefined
  const target = embedded ? file : sidecarPath(placedAt)
  try {
    const tool = version()
    await copyFile(file, partial)
    await addMarks(partial, format, request.outputId, `dfk ${tool}`)
    const { asset, manifest } = await sign(partial, format, request, signer, tool)
    await writeFile(partial, embedded ? asset : manifest, { flush: true })
    await rename(partial, target)
  } finally {
    await rm(partial, { force: true })
  }
  const issuer = /O=(.*)/.exec(new X509Certificate(signer.chain[0]!).subject)?.[1] ?? 'unknown'
  return {
    file: embedded ? placedAt : target,
    embedded,
    state: 'valid',
    outputId: request.outputId,
    digitalSourceType: COMPOSITE_SOURCE_TYPE,
    issuer,
  }
}
