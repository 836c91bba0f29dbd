import { BYTES, type Elements, type ElementType } from '../graph.ts'
import type { NativeLibrary } from './library.ts'

/** Numbers of a tensor at a fixed place, for JavaScript and for native code alike. */
export interface Buffer {
  readonly data: Elements
  readonly address: bigint
}

/** Somewhere to put tensors. */
export interface Memory {
  allocate(dtype: ElementType, size: number): Buffer
}

/** Where tensors begin, in bytes: a cache line. */
const ALIGNMENT = 64

function viewOf(dtype: ElementType, buffer: ArrayBufferLike, offset: number, size: number): Elements {
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer as ArrayBuffer, offset, size)
    case 'int32':
      return new Int32Array(buffer as ArrayBuffer, offset, size)
    case 'bool':
      return new Uint8Array(buffer as ArrayBuffer, offset, size)
    case 'int64':
      return new BigInt64Array(buffer as ArrayBuffer, offset, size)
    case 'float64':
      return new Float64Array(buffer as ArrayBuffer, offset, size)
    case 'float16':
      throw new TypeError('expected numbers for an array but found float16, which JavaScript has none for')
    default:
      return dtype satisfies never
  }
}

/** Memory of JavaScript's own, a piece for each tensor. */
export function heapMemory(library: NativeLibrary): Memory {
  return {
    allocate(dtype, size) {
      // Behind a buffer of its own an array never moves.
      const data = viewOf(dtype, new ArrayBuffer(Math.max(1, size) * BYTES[dtype]), 0, size)
      return { data, address: library.addressOf(data) }
    },
  }
}

/** Bytes that a tensor takes of a `SharedMemory`. */
export function sharedBytes(dtype: ElementType, size: number): number {
  return Math.ceil((Math.max(1, size) * BYTES[dtype]) / ALIGNMENT) * ALIGNMENT
}

/** One piece of WebAssembly memory for many tensors, which worker threads see as well. */
export interface SharedMemory extends Memory {
  readonly memory: WebAssembly.Memory
  /** Where a tensor lies for WebAssembly. */
  offsetOf(buffer: Buffer): number
}

const PAGE = 1 << 16
/** The most that WebAssembly can address. */
const LARGEST = PAGE * PAGE

/** Whether so many bytes fit into one `SharedMemory`. */
export const fitsShared = (bytes: number): boolean => bytes + PAGE < LARGEST

/** Memory for `bytes`, as `sharedBytes` counts them. */
export function sharedMemory(library: NativeLibrary, bytes: number): SharedMemory {
  const pages = Math.ceil((bytes + ALIGNMENT) / PAGE)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const start = library.addressOf(new Uint8Array(memory.buffer))
  let next = ALIGNMENT
  return {
    memory,
    allocate(dtype, size) {
      const offset = next
      next += sharedBytes(dtype, size)
      return { data: viewOf(dtype, memory.buffer, offset, size), address: start + BigInt(offset) }
    },
    offsetOf: ({ data }) => data.byteOffset,
  }
}
