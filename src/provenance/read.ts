import { z } from 'zod'
import { looseBoxesHash } from './boxes.ts'
import { embedFormat } from './formats.ts'
import { RENDER_ASSERTION } from './manifest.ts'
import { readMarks } from './marks.ts'
import { bindsFile, findSidecar } from './sidecar.ts'
import type { C2paFound, ManifestState, ProvenanceFound } from './types.ts'
import { loadLibrary, withFileBlob } from './wasm.ts'

const action = z.looseObject({ action: z.string(), digitalSourceType: z.string().optional() })
const manifestSchema = z.looseObject({
  title: z.string().optional(),
  claim_generator: z.string().optional(),
  claim_generator_info: z.array(z.looseObject({ name: z.string(), version: z.string().optional() })).default([]),
  assertions: z.array(z.looseObject({ label: z.string(), data: z.unknown() })).default([]),
  signature_info: z.looseObject({ issuer: z.string().optional(), time: z.string().optional() }).default({}),
})
const storeSchema = z.looseObject({
  active_manifest: z.string().optional(),
  manifests: z.record(z.string(), manifestSchema).default({}),
  validation_state: z.string().optional(),
  validation_status: z.array(z.looseObject({ code: z.string() })).default([]),
})
const renderSchema = z.looseObject({
  outputId: z.string(),
  looseBoxes: z.string().optional(),
  footage: z
    .object({
      name: z.string(),
      sha256: z.string(),
      range: z.object({ fromS: z.number(), toS: z.number() }).optional(),
    })
    .optional(),
  consent: z.array(z.object({ role: z.string(), hash: z.string(), scope: z.string() })),
})
/** The library's second, fuller report: the only one that shows the binding to the file's bytes. */
const crSchema = z.looseObject({
  manifests: z.array(z.looseObject({ label: z.string(), assertions: z.record(z.string(), z.unknown()).default({}) })).default([]),
})
const bindingSchema = z.looseObject({ hash: z.string(), alg: z.string().default('sha256') })
type Store = z.output<typeof storeSchema> & {
  /** Hash of the bytes that the active manifest is bound to, base64. */ readonly dataHash?: string | undefined
}
type Manifest = z.output<typeof manifestSchema>

/** Our own code, in the manner of C2PA's: a box outside its binding of MP4 was changed. */
const LOOSE_MISMATCH = 'org.dfk.looseBoxes.mismatch'
const UNTRUSTED = 'signingCredential.untrusted'
/** What the library says of files without a manifest, or of formats that cannot have one. */
const NONE = /JumbfNotFound|JumbfBoxNotFound|no JUMBF|ProvenanceMissing|UnsupportedType|type is unsupported/i

const SOURCE_TYPE = /(trainedAlgorithmicMedia|compositeSynthetic|compositeWithTrainedAlgorithmicMedia|algorithmicallyEnhanced)$/i

function activeOf({ active_manifest: label, manifests }: Store): Manifest | undefined {
  return label === undefined ? undefined : manifests[label]
}

function dataOf(manifest: Manifest | undefined, label: string): unknown[] {
  return (manifest?.assertions ?? [])
    .filter((assertion) => assertion.label === label || assertion.label.startsWith(`${label}__`))
    .map(({ data }) => data)
}

function actionsOf(manifest: Manifest | undefined): z.output<typeof action>[] {
  const lists = ['c2pa.actions', 'c2pa.actions.v2'].flatMap((label) => dataOf(manifest, label))
  return lists.flatMap((data) => z.looseObject({ actions: z.array(action) }).safeParse(data).data?.actions ?? [])
}

function describe(store: Store, file: string, problems: readonly string[]): C2paFound {
  const manifest = activeOf(store)
  const failed = problems.filter((code) => code !== UNTRUSTED)
  const state: ManifestState =
    failed.length > 0 || manifest === undefined
      ? 'invalid'
      : problems.includes(UNTRUSTED)
        ? 'valid'
        : store.validation_state === 'Trusted'
          ? 'trusted'
          : 'valid'
  const [tool] = manifest?.claim_generator_info ?? []
  const actions = actionsOf(manifest)
  const render = renderSchema.safeParse(dataOf(manifest, RENDER_ASSERTION)[0]).data
  return {
    file,
    state,
    problems: failed,
    title: manifest?.title,
    generator: tool === undefined ? manifest?.claim_generator : [tool.name, tool.version].filter(Boolean).join(' '),
    issuer: manifest?.signature_info.issuer,
    signedAt: manifest?.signature_info.time,
    actions: actions.map((entry) => entry.action),
    digitalSourceTypes: [...new Set(actions.flatMap((entry) => entry.digitalSourceType ?? []))],
    outputId: render?.outputId,
    footage: render?.footage,
    consent: render?.consent ?? [],
  }
}

function dataHashOf(crJson: string, label: string | undefined): string | undefined {
  const active = crSchema.safeParse(JSON.parse(crJson)).data?.manifests.find((manifest) => manifest.label === label)
  const binding = bindingSchema.safeParse(active?.assertions['c2pa.hash.data']).data
  return binding?.alg === 'sha256' ? /^b64'(.*)'$/.exec(binding.hash)?.[1] : undefined
}

async function readStore(file: string, format: string, anchors: string | undefined): Promise<Store | 'none' | Error> {
  const { WasmReader } = await loadLibrary()
  const settings = anchors === undefined ? undefined : JSON.stringify({ trust: { user_anchors: anchors } })
  try {
    const reader = await withFileBlob(file, (blob) => WasmReader.fromBlob(format, blob, settings))
    try {
      const store = storeSchema.parse(JSON.parse(reader.json()))
      return { ...store, dataHash: dataHashOf(reader.crJson(), store.active_manifest) }
    } finally {
      reader.free()
    }
  } catch (thrown) {
    const text = String(thrown instanceof Error ? thrown.message : thrown)
    return NONE.test(text) ? 'none' : new Error(text.slice(0, 200))
  }
}

/** What the library has to say against an embedded manifest, and what is wrong with the boxes that its binding leaves out. */
async function embeddedProblems(store: Store, file: string): Promise<string[]> {
  const codes = store.validation_status.map(({ code }) => code)
  const bound = renderSchema.safeParse(dataOf(activeOf(store), RENDER_ASSERTION)[0]).data?.looseBoxes
  return bound === undefined || bound === (await looseBoxesHash(file)) ? codes : [...codes, LOOSE_MISMATCH]
}

/** A sidecar's manifest covers the whole file beside it, which the library cannot check: its hash is compared here. */
async function sidecarProblems(store: Store, file: string): Promise<string[]> {
  const codes = store.validation_status.map(({ code }) => code).filter((code) => code !== 'assertion.dataHash.mismatch')
  return (await bindsFile(store.dataHash, file)) ? codes : [...codes, 'assertion.dataHash.mismatch']
}

/** The manifest that a file carries or that lies beside it, checked against the file's bytes. */
export async function readManifest(file: string, anchors: string | undefined): Promise<C2paFound | undefined> {
  const broken = (where: string, error: Error) => describe(storeSchema.parse({}), where, [`unreadable: ${error.message}`])
  const format = await embedFormat(file)
  if (format !== undefined) {
    const store = await readStore(file, format, anchors)
    if (store instanceof Error) return broken(file, store)
    if (store !== 'none') return describe(store, file, await embeddedProblems(store, file))
  }
  const sidecar = findSidecar(file)
  if (sidecar === undefined) return undefined
  const store = await readStore(sidecar, 'application/c2pa', anchors)
  if (store === 'none') return undefined
  return store instanceof Error ? broken(sidecar, store) : describe(store, sidecar, await sidecarProblems(store, file))
}

/**
 * What a file says of its own origin: a C2PA manifest of anyone's (embedded, or in a sidecar `.c2pa`), checked against the file's bytes, and the metadata marks
 * `AIGC` and IPTC's digital source type. `anchors`: certificates of authorities to trust, PEM. An absent manifest proves nothing.
 */
export async function readProvenance(file: string, anchors?: string): Promise<ProvenanceFound> {
  const c2pa = await readManifest(file, anchors)
  const marks = await readMarks(file)
  const types = [
    ...(c2pa?.digitalSourceTypes ?? []),
    ...marks.filter(({ kind }) => kind === 'digital-source-type').map(({ value }) => value),
  ]
  const declaresSynthetic =
    types.some((type) => SOURCE_TYPE.test(type)) || marks.some(({ kind, value }) => kind === 'AIGC' && /"Label"\s*:\s*"[123]"/i.test(value))
  return { c2pa, marks, declaresSynthetic }
}
