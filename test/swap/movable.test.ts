import { describe, expect, it } from 'vitest'
import { movable } from '../../src/swap/finish/movable.ts'
import { BufferPool, BufferPools } from '../../src/work/bufferPool.ts'

describe('what goes to another thread', () => {
  it('is the memory that an array has to itself, once', () => {
    const own = new Float32Array(4)
    expect(movable([own, own, new Uint8Array(8).subarray(2)])).toEqual([own.buffer])
  })

  it('is no frame of a pool, whose memory both threads have', () => {
    const pool = new BufferPool(16)
    const frame = pool.take()
    expect(movable([frame])).toEqual([])
    structuredClone(frame).fill(7)
    expect([...frame]).toEqual(Array.from({ length: 16 }, () => 7))
    pool.give(frame)
    expect(pool.take()).toBe(frame)
  })
})

describe('pools of several sizes', () => {
  it('are the same from clip to clip, and forgotten when two others were used since', () => {
    const pools = new BufferPools()
    const small = pools.of(16)
    pools.of(32)
    expect(pools.of(16)).toBe(small)
    pools.of(64)
    expect(pools.of(16)).toBe(small)
    pools.of(32)
    pools.of(64)
    expect(pools.of(16)).not.toBe(small)
    expect(pools.of(16).take()).toHaveLength(16)
  })
})
