import type { WasmBuilder } from '@contentauth/c2pa-wasm'
import { DfkError } from '../work/errors.ts'
import { algorithmOf } from './algorithm.ts'
import { looseBoxesHash } from './boxes.ts'
import { coseLength, coseSign1 } from './cose.ts'
import { type EmbedFormat, embedFormat } from './formats.ts'
import { manifestDefinition, modelIngredients, parentIngredient } from './manifest.ts'
import { readManifest } from './read.ts'
import { findSidecar } from './sidecar.ts'
import { askTimeStamp } from './tsa.ts'
import type { Disclosure, Signer, StampRequest } from './types.ts'
import { loadLibrary, withFileBlob } from './wasm.ts'

/** Under which the builder holds the manifest that lies beside the footage. */
const PARENT_SIDECAR = 'parent.c2pa'
/** A token may be a little longer the next time: its serial number and its time are written as short as they can be. */
const TOKEN_SLACK = 64

/** The library throws values that are no errors; of a validation report only the codes that failed are worth telling. */
function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown
  const text = String(thrown)
  const failed = [...text.matchAll(/failure: \[(.*?)\]/gs)].flatMap(([, list = '']) =>
    Array.from(list.matchAll(/code: "([^"]+)"/g), ([, code]) => code),
  )
  return new Error(failed.length > 0 ? failed.join(', ') : text.slice(0, 300))
}

/** What a sidecar's manifest is called and what the library says of it. */
async function reviewSidecar(sidecar: string): Promise<object> {
  const { WasmReader } = await loadLibrary()
  const reader = await withFileBlob(sidecar, (blob) => WasmReader.fromBlob('application/c2pa', blob))
  try {
    const { active_manifest, validation_results } = JSON.parse(reader.json()) as { active_manifest: string; validation_results: object }
    return { active_manifest, validation_results }
  } finally {
    reader.free()
  }
}

/** The sidecar that holds the footage's own manifest, unless it is another file's by now. */
async function fittingSidecar(parent: string): Promise<string | undefined> {
  if (findSidecar(parent) === undefined) return undefined
  const found = await readManifest(parent, undefined)
  return found === undefined || found.file === parent || found.state === 'invalid' ? undefined : found.file
}

async function addParent(builder: WasmBuilder, request: StampRequest): Promise<void> {
  const { parent } = request
  const plain = parentIngredient(request)
  const sidecar = parent === undefined ? undefined : await fittingSidecar(parent)
  if (sidecar !== undefined) {
    const kept = { manifest_data: { format: 'application/c2pa', identifier: PARENT_SIDECAR }, ...(await reviewSidecar(sidecar)) }
    await withFileBlob(sidecar, async (blob) => builder.addResourceFromBlob(PARENT_SIDECAR, blob))
    return builder.addIngredient(JSON.stringify({ ...plain, ...kept }))
  }
  const format = parent === undefined ? undefined : await embedFormat(parent)
  if (parent === undefined || format === undefined) return builder.addIngredient(JSON.stringify(plain))
  try {
    // Read as a stream, so that a manifest of its own goes along.
    await withFileBlob(parent, (blob) => builder.addIngredientFromBlob(JSON.stringify(plain), format, blob))
  } catch (thrown) {
    // Damaged or of a dialect that the library does not read: named all the same, and said.
    const unread = { ...plain, description: `${asError(thrown).message.slice(0, 100)}; SHA-256 ${request.parentSha256}` }
    builder.addIngredient(JSON.stringify(unread))
  }
}

async function addIngredients(builder: WasmBuilder, request: StampRequest): Promise<void> {
  await addParent(builder, request)
  for (const model of modelIngredients(request)) builder.addIngredient(JSON.stringify(model))
}

/** How signatures of an output are made: by whom, and where the time is asked for. */
export interface Pen {
  readonly signer: Signer
  readonly tsa: string | undefined
}

/** How long the signature will be: what is reserved beyond it stays unsigned, so it is little. */
async function reservedBytes({ signer, tsa }: Pen): Promise<number> {
  if (tsa === undefined) return coseLength(signer, undefined)
  const { length } = await askTimeStamp(tsa, Buffer.from('how long is a token?'))
  return coseLength(signer, length + TOKEN_SLACK)
}

/**
 * Signs `asset` for the request: returns the file with its manifest, or with `format` undefined the manifest alone. The library checks what it signed.
 * Throws DfkError when it refuses, or when there is no time stamp to be had.
 */
export async function signAsset(
  asset: string,
  format: EmbedFormat | undefined,
  request: StampRequest,
  pen: Pen,
  disclosure: Disclosure,
): Promise<Uint8Array> {
  const { WasmBuilder } = await loadLibrary()
  const { signer, tsa } = pen
  const type = format ?? 'application/octet-stream'
  const looseBoxes = format?.startsWith('video/') ? await looseBoxesHash(asset) : undefined
  const reserveSize = await reservedBytes(pen)
  const builder = WasmBuilder.fromJson(JSON.stringify(manifestDefinition(request, { format: type, looseBoxes }, disclosure)))
  // The library wraps what goes wrong in here in words of its own.
  let failure: unknown
  try {
    await addIngredients(builder, request)
    builder.setNoEmbed(format === undefined)
    const definition = {
      alg: algorithmOf(signer.key).name,
      reserveSize,
      async sign(claim: Uint8Array) {
        try {
          return await coseSign1(claim, signer, reserveSize, tsa === undefined ? undefined : (bytes) => askTimeStamp(tsa, bytes))
        } catch (error) {
          failure = error
          throw error
        }
      },
    }
    const signed = await withFileBlob(asset, (blob) => builder.signAndGetManifestBytes(definition, [], type, blob))
    return format === undefined ? signed.manifest : signed.asset
  } catch (thrown) {
    if (failure instanceof DfkError) throw failure
    const cause = asError(failure ?? thrown)
    throw new DfkError(`expected to sign ${request.file} but the C2PA library refused: ${cause.message}`, { cause })
  } finally {
    builder.free()
  }
}
