import type { WasmBuilder } from '@contentauth/c2pa-wasm'
import { DfkError } from '../work/errors.ts'
import { coseSign1 } from './cose.ts'
import { type EmbedFormat, embedFormat } from './formats.ts'
import { manifestDefinition, modelIngredients, parentIngredient } from './manifest.ts'
import type { Signer } from './signer.ts'
import type { StampRequest } from './types.ts'
import { loadLibrary, withFileBlob } from './wasm.ts'

const RESERVED_BYTES = 4096
const ALG = 'es256'

/** The library throws values that are no errors; of a validation report only the codes that failed are worth telling. */
function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown
  const text = String(thrown)
  const failed = [...text.matchAll(/failure: \[(.*?)\]/gs)].flatMap(([, list = '']) =>
    Array.from(list.matchAll(/code: "([^"]+)"/g), ([, code]) => code),
  )
  return new Error(failed.length > 0 ? failed.join(', ') : text.slice(0, 300))
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
  for (const model of modelIngredients(request)) builder.addIngredient(JSON.stringify(model))
}

/**
 * Signs `asset` for the request: returns the file with its manifest, or with `format` undefined the manifest alone. The library checks what it signed.
 * Throws DfkError when it refuses.
 */
export async function signAsset(
  asset: string,
  format: EmbedFormat | undefined,
  request: StampRequest,
  signer: Signer,
  tool: string,
): Promise<Uint8Array> {
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
    const signed = await withFileBlob(asset, (blob) => builder.signAndGetManifestBytes(definition, [], type, blob))
    return format === undefined ? signed.manifest : signed.asset
  } catch (thrown) {
    throw new DfkError(`expected to sign ${request.file} but the C2PA library refused: ${asError(thrown).message}`, {
      cause: asError(thrown),
    })
  } finally {
    builder.free()
  }
}
