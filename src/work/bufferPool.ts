/** Most buffers that wait for reuse, and pools that are kept. */
const MOST_KEPT = 32
const MOST_POOLS = 2

/**
 * Buffers of one size that are used again: frames are large, and a collector that has to free each of them takes a tenth of a render's time. All threads share their
 * memory, so that one that goes to a thread and back is no new object of that size to the collector. What is taken holds whatever was in it before.
 */
export class BufferPool {
  readonly #bytes: number
  readonly #free: Uint8Array[] = []

  /** `bytes`: size of each buffer. */
  constructor(bytes: number) {
    this.#bytes = bytes
  }

  /** A buffer that nobody else holds. */
  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(new SharedArrayBuffer(this.#bytes))
  }

  /** Gives a buffer back that nobody looks at any more. One of another size, or whose memory went elsewhere, is let go. */
  give(buffer: Uint8Array): void {
    if (buffer.length === this.#bytes && this.#free.length < MOST_KEPT) this.#free.push(buffer)
  }
}

/**
 * Pools for buffers of one size after another, those used last kept. Shared memory weighs nothing to the collector, which is in no hurry to free a pool: who works through many
 * clips takes the next one's buffers from the same pool.
 */
export class BufferPools {
  readonly #pools = new Map<number, BufferPool>()

  /** The pool of buffers of `bytes`. */
  of(bytes: number): BufferPool {
    const pool = this.#pools.get(bytes) ?? new BufferPool(bytes)
    this.#pools.delete(bytes)
    this.#pools.set(bytes, pool)
    const [oldest] = this.#pools.keys()
    if (this.#pools.size > MOST_POOLS) this.#pools.delete(oldest!)
    return pool
  }
}
