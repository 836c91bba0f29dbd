import { createHash } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { z } from 'zod'
import type { HostTensor, HostTensors } from '../tensor/index.ts'
import { DfkError } from '../work/errors.ts'
import { fromHalf, toHalf } from './half.ts'

/*
 * The safetensors format (huggingface/safetensors): 8 bytes little-endian header length, a JSON header
 * {name: {dtype, shape, data_offsets}}, then the data, packed in the order of the offsets. Nothing in it executes.
 */

const HEADER_LIMIT = 16 * 2 ** 20
const BYTES = { F32: 4, I32: 4, U8: 1, F16: 2 } as const
type StoredType = keyof typeof BYTES

const entrySchema = z.object({
  dtype: z.enum(['F32', 'I32', 'U8', 'F16']),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
})
const headerSchema = z.record(z.string(), z.unknown())

/** What a safetensors file holds; float16 is read as float32. */
export interface StoredTensors {
  readonly tensors: HostTensors
  readonly metadata: Record<string, string>
}

interface Part {
  readonly dtype: StoredType
  readonly bytes: Uint8Array
}

function partOf(tensor: HostTensor, half: boolean): Part {
  const { data } = tensor
  if (data instanceof Float32Array && half) {
    const bits = toHalf(data)
    return { dtype: 'F16', bytes: new Uint8Array(bits.buffer) }
  }
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return { dtype: data instanceof Float32Array ? 'F32' : data instanceof Int32Array ? 'I32' : 'U8', bytes }
}

function encodeHeader(tensors: HostTensors, parts: readonly Part[], metadata: Record<string, string>): Uint8Array {
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {}
  let offset = 0
  for (const [index, [name, tensor]] of Object.entries(tensors).entries()) {
    const { dtype, bytes } = parts[index]!
    const count = tensor.shape.reduce((product, size) => product * size, 1)
    if (count * BYTES[dtype] !== bytes.length)
      throw new Error(`${name}: expected ${count} values for shape [${tensor.shape}] but found ${tensor.data.length}`)
    header[name] = { dtype, shape: tensor.shape, data_offsets: [offset, offset + bytes.length] }
    offset += bytes.length
  }
  const text = Buffer.from(JSON.stringify(header))
  const padded = Buffer.alloc(8 + Math.ceil(text.length / 8) * 8, ' ')
  padded.writeBigUInt64LE(BigInt(padded.length - 8), 0)
  text.copy(padded, 8)
  return padded
}

/**
 * Writes tensors to a new file and waits until the disk has it; `half` stores float32 as float16.
 * Returns the file's SHA-256 (hex) and size. The same tensors and metadata give the same bytes.
 */
export async function writeSafetensors(
  path: string,
  tensors: HostTensors,
  metadata: Record<string, string> = {},
  options: { readonly half?: boolean } = {},
): Promise<{ sha256: string; bytes: number }> {
  const parts = Object.values(tensors).map((tensor) => partOf(tensor, options.half === true))
  const header = encodeHeader(tensors, parts, metadata)
  const hash = createHash('sha256')
  const file = await open(path, 'w')
  let bytes = 0
  try {
    for (const chunk of [header, ...parts.map((part) => part.bytes)]) {
      hash.update(chunk)
      await file.writeFile(chunk)
      bytes += chunk.length
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return { sha256: hash.digest('hex'), bytes }
}

/** Reads a safetensors file; throws DfkError naming the file and what is wrong with it. */
export async function readSafetensors(path: string): Promise<StoredTensors> {
  return decodeSafetensors(await readFile(path), basename(path))
}

/** Decodes the bytes of a safetensors file; every offset is checked before anything is read. `name` goes into messages. */
export function decodeSafetensors(bytes: Uint8Array, name: string): StoredTensors {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { header, start } = decodeHeader(buffer, name)
  const size = buffer.length - start
  const tensors: Record<string, HostTensor> = {}
  const spans: { begin: number; end: number }[] = []
  for (const [key, value] of Object.entries(header)) {
    if (key === '__metadata__') continue
    const parsed = entrySchema.safeParse(value)
    if (!parsed.success) throw damaged(name, `tensor ${key}: ${parsed.error.issues[0]?.message ?? 'invalid'}`)
    const { dtype, shape, data_offsets } = parsed.data
    const [begin, end] = data_offsets
    const wanted = shape.reduce((product, length) => product * length, 1) * BYTES[dtype]
    if (!Number.isSafeInteger(wanted) || end - begin !== wanted || end > size)
      throw damaged(name, `tensor ${key}: expected ${wanted} bytes within ${size} but found offsets ${begin}–${end}`)
    spans.push({ begin, end })
    tensors[key] = { data: valuesOf(dtype, buffer.subarray(start + begin, start + end)), shape }
  }
  checkPacked(spans, size, name)
  const metadata = z.record(z.string(), z.string()).safeParse(header['__metadata__'] ?? {})
  if (!metadata.success) throw damaged(name, 'metadata is not text')
  return { tensors, metadata: metadata.data }
}

function decodeHeader(buffer: Buffer, name: string): { header: Record<string, unknown>; start: number } {
  if (buffer.length < 10) throw damaged(name, `expected a header but the file has ${buffer.length} bytes`)
  const length = buffer.readBigUInt64LE(0)
  if (length > HEADER_LIMIT || length > buffer.length - 8)
    throw damaged(name, `expected a header within the file but its length is ${length}`)
  const start = 8 + Number(length)
  let value: unknown
  try {
    value = JSON.parse(buffer.toString('utf8', 8, start))
  } catch (cause) {
    throw damaged(name, 'its header is not JSON', cause)
  }
  const parsed = headerSchema.safeParse(value)
  if (!parsed.success) throw damaged(name, 'its header is not an object')
  return { header: parsed.data, start }
}

function checkPacked(spans: { begin: number; end: number }[], size: number, name: string): void {
  spans.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let at = 0
  for (const { begin, end } of spans) {
    if (begin !== at) throw damaged(name, `expected tensors without gaps or overlaps but found one at ${begin} after ${at}`)
    at = end
  }
  if (at !== size) throw damaged(name, `expected ${at} bytes of tensors but found ${size}`)
}

function valuesOf(dtype: StoredType, bytes: Uint8Array): HostTensor['data'] {
  // A copy is aligned, whatever the offset in the file.
  const { buffer } = new Uint8Array(bytes)
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer)
    case 'I32':
      return new Int32Array(buffer)
    case 'U8':
      return new Uint8Array(buffer)
    case 'F16':
      return fromHalf(new Uint16Array(buffer))
    default:
      return dtype satisfies never
  }
}

function damaged(name: string, what: string, cause?: unknown): DfkError {
  return new DfkError(`${name} is damaged: ${what}`, { hint: 'use an earlier checkpoint, or a fresh copy of the file', cause })
}
