import { randomBytes } from 'node:crypto'
import type { Picture } from '../picture/picture.ts'
import type { YuvPicture } from '../picture/yuv.ts'
import { FREQUENCIES, type Layout, layoutFor, PAYLOAD_BITS } from './watermark-layout.ts'
import { embedInLuma } from './watermark-luma.ts'
import { decodePayload, encodePayload } from './watermark-payload.ts'
import { analyse, rgbSurface, synthesise } from './watermark-transform.ts'

/** Anyone with dfk can read marks under this key; whoever wants to be the only one gives another. */
const PUBLIC_KEY = 'dfk'
/** Where a coefficient's vote saturates. */
const KNEE = 8
/** Root mean square of the changes, in orthonormal coefficients: about 45 dB. */
const STRENGTH = 6.5
const PER_BLOCK = FREQUENCIES.length

/** A fresh 64-bit id for an output, 16 hexadecimal digits. */
export function newOutputId(): string {
  return randomBytes(8).toString('hex')
}

/** How strongly a block is marked: less where it is flat and a pattern would show. */
function masking(coefficients: Float32Array, from: number): number {
  let activity = 0
  for (let i = from; i < from + PER_BLOCK; i++) activity += Math.abs(coefficients[i]!)
  return Math.min(1.5, 0.5 + activity / 150)
}

/** Strength for each bit, so that all end up equally far on their side at the same mean energy: `pull` is what the picture itself votes, `gain` what a change adds. */
function balance(pull: Float32Array, gain: Float32Array): Float32Array {
  const strengths = new Float32Array(PAYLOAD_BITS)
  let low = 0
  let high = 1e5
  for (let round = 0; round < 40; round++) {
    const goal = (low + high) / 2
    let energy = 0
    for (let bit = 0; bit < PAYLOAD_BITS; bit++) {
      const wanted = (goal - pull[bit]!) / Math.max(1e-6, gain[bit]!)
      const strength = Math.min(2.2 * STRENGTH, Math.max(0.4 * STRENGTH, wanted))
      strengths[bit] = strength
      energy += strength * strength
    }
    if (energy > PAYLOAD_BITS * STRENGTH * STRENGTH) high = goal
    else low = goal
  }
  return strengths
}

const scratch = new WeakMap<Layout, Float32Array>()

/**
 * Writes a 64-bit id into the luma of a picture, in place: keyed spread spectrum on low frequencies that counts in what the picture itself votes (Malvar and
 * Florêncio 2003), so that no bit is left weak. `id`: 16 hexadecimal digits, or a bigint. Pictures smaller than 160 × 96 hardly carry it.
 */
export function embedWatermark(picture: Picture | YuvPicture, id: string | bigint, key: string = PUBLIC_KEY): void {
  const bits = encodePayload(id, key)
  if ('format' in picture) {
    embedInLuma(picture, layoutFor(picture.format.width, picture.format.height, key), bits, ({ pull, gain }) => balance(pull, gain))
    return
  }
  const surface = rgbSurface(picture)
  const layout = layoutFor(surface.width, surface.height, key)
  const host = analyse(surface, layout)
  const changes = scratch.get(layout) ?? new Float32Array(host.length)
  scratch.set(layout, changes)
  const pull = new Float32Array(PAYLOAD_BITS)
  const gain = new Float32Array(PAYLOAD_BITS)
  for (let block = 0; block < host.length; block += PER_BLOCK) {
    const mask = masking(host, block)
    for (let i = block; i < block + PER_BLOCK; i++) {
      const bit = layout.bit[i]!
      const sign = layout.chip[i]! * bits[bit]!
      const size = Math.abs(host[i]!) + KNEE
      pull[bit]! += (sign * host[i]!) / size
      gain[bit]! += (KNEE * mask) / (size * size)
      changes[i] = mask * sign
    }
  }
  const strengths = balance(pull, gain)
  for (let i = 0; i < changes.length; i++) changes[i]! *= strengths[layout.bit[i]!]!
  synthesise(surface, layout, changes)
}

export interface WatermarkFound {
  /** 16 hexadecimal digits. */
  readonly id: string
  /** Share of the bits that needed no correction, 0.9–1. */
  readonly confidence: number
}

/**
 * Reads the id out of pictures of one clip, all of one size and as they were rendered (a resized or cropped picture is not found). One frame is enough at x264
 * CRF 23; more frames help below. An unmarked picture reads as marked with a probability of 2^(8 - 32), 6e-8.
 */
export function readWatermark(pictures: Iterable<Picture>, key: string = PUBLIC_KEY): WatermarkFound | undefined {
  const votes = new Float32Array(PAYLOAD_BITS)
  for (const picture of pictures) {
    const layout = layoutFor(picture.width, picture.height, key)
    const found = analyse(rgbSurface(picture), layout)
    for (let i = 0; i < found.length; i++) {
      const value = found[i]!
      votes[layout.bit[i]!]! += (layout.chip[i]! * value) / (Math.abs(value) + KNEE)
    }
  }
  const decoded = decodePayload(votes, key)
  return decoded === undefined ? undefined : { id: decoded.id, confidence: 1 - decoded.corrected / PAYLOAD_BITS }
}
