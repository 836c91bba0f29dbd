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

type Numbers = Uint8Array | Int32Array | Int8Array | Uint16Array | Float32Array | Float64Array

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

/** Copies lines of `width` numbers into room that was asked for, `stride` bytes apart. */
export function putLines(start: number, stride: number, data: Float32Array, width: number): void {
  const to = new Float32Array(bytes.buffer)
  for (let from = 0, at = start; from < data.length; from += width, at += stride) to.set(data.subarray(from, from + width), at / 4)
}

/** Copies lines of `width` numbers that are `stride` bytes apart out of the kernels' memory. */
export function getLines(start: number, stride: number, to: Float32Array, width: number): Float32Array {
  const from = new Float32Array(bytes.buffer)
  for (let at = 0, line = start / 4; at < to.length; at += width, line += stride / 4) to.set(from.subarray(line, line + width), at)
  return to
}
