import type { Kernels } from './kernels.ts'
import { KERNELS } from './module.ts'

interface Exports extends Kernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  heapBase(): number
}

export type { Kernels } from './kernels.ts'

const PAGE = 65536
/** Kernels read and write whole vectors, which may reach past the end of what they are given. */
const SLACK = 64

let loaded: Exports | undefined
let top = 0
let bytes = new Uint8Array(0)

/** The kernels of this thread, their memory free again: what an earlier call put there is gone. */
export function kernels(): Kernels {
  loaded ??= new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(KERNELS, 'base64')), {}).exports as unknown as Exports
  top = loaded.heapBase()
  return loaded
}

/** Room for so many bytes in the kernels' memory, with what was left in it. */
export function room(size: number): number {
  const memory = loaded!.memory
  const start = (top + 15) & ~15
  top = start + size + SLACK
  if (top > memory.buffer.byteLength) memory.grow(Math.ceil((top - memory.buffer.byteLength) / PAGE))
  if (bytes.buffer !== memory.buffer) bytes = new Uint8Array(memory.buffer)
  return start
}

/** Room for so many bytes, all 0. */
export function emptyRoom(size: number): number {
  const start = room(size)
  bytes.fill(0, start, start + size)
  return start
}

type Numbers = Uint8Array | Int8Array | Uint16Array | Float32Array

const asBytes = (data: Numbers) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** Copies numbers into the kernels' memory; returns where they are. */
export function put(data: Numbers): number {
  const start = room(data.byteLength)
  bytes.set(asBytes(data), start)
  return start
}

/** Copies as many numbers as `to` holds out of the kernels' memory. */
export function get<T extends Numbers>(start: number, to: T): T {
  asBytes(to).set(bytes.subarray(start, start + to.byteLength))
  return to
}
