import { emptyRoom, get, kernels, put, room } from '../picture/kernels/index.ts'
import { type YuvPicture, yuvScales } from '../picture/yuv.ts'
import { FREQUENCIES, type Layout, PAYLOAD_BITS } from './watermark-layout.ts'
import { PLACES } from './watermark-transform.ts'

const places = Uint8Array.from(PLACES)

/** What a picture votes for each bit, and what a change at strength 1 adds to that; [PAYLOAD_BITS] each. */
interface Votes {
  readonly pull: Float32Array
  readonly gain: Float32Array
}

/** Writes bits (±1) into the luma plane of a picture as video codecs hold it, in place; an RGB picture made of it shows the mark. `balance` gives each bit's strength. */
export function embedInLuma({ format, y }: YuvPicture, layout: Layout, bits: Int8Array, balance: (votes: Votes) => Float32Array): void {
  const { columns, rows } = layout
  const { luma, most } = yuvScales(format)
  const unit = luma / 255
  const wide = y.BYTES_PER_ELEMENT - 1
  const stride = format.width * y.BYTES_PER_ELEMENT
  const blocks = columns * rows
  const { analyse, weigh, synthesise } = kernels()
  const plane = put(y)
  const frequencies = put(places)
  const [bit, chip, signs] = [put(layout.bit), put(layout.chip), put(bits)]
  const [host, changes] = [room(blocks * FREQUENCIES.length * 4), room(blocks * FREQUENCIES.length * 4)]
  const [pull, gain] = [emptyRoom(PAYLOAD_BITS * 4), emptyRoom(PAYLOAD_BITS * 4)]
  analyse(plane, stride, wide, 0.5 / unit, columns, rows, frequencies, host)
  weigh(host, blocks, bit, chip, signs, pull, gain, changes)
  const strengths = balance({ pull: get(pull, new Float32Array(PAYLOAD_BITS)), gain: get(gain, new Float32Array(PAYLOAD_BITS)) })
  synthesise(plane, stride, wide, unit, most, columns, rows, frequencies, bit, put(strengths), changes)
  get(plane, y)
}
