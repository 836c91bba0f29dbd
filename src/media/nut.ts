import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { DfkError } from '../work/errors.ts'

// Segments are NUT: of ffmpeg's containers it is the one that keeps any codec's timestamps in the clip's own ticks and whose files may
// follow each other in one stream (nut.txt of the NUT specification: headers repeat). ffmpeg takes decoding times from the order of the
// presentation times then, so that B-frames go across the joint; its concat demuxer repeats or shifts packets there instead.

const FILE_ID = Buffer.from('nut/multimedia container\0', 'latin1')
const STREAM_START = Buffer.from('4e5311405bf2f9db', 'hex')
const HEAD_BYTES = 1 << 16
const UNIT_START = '\0\0\u0001'

function variable(data: Buffer, at: number): { value: number; next: number } {
  let value = 0
  for (let next = at; next < data.length; next += 1) {
    value = value * 128 + (data[next]! & 127)
    if (data[next]! < 128) return { value, next: next + 1 }
  }
  throw new RangeError('the header is cut off')
}

/** Start codes of Annex B units that hold what an encoder says about itself: x264 writes its settings there, threads included. */
function isRemark(unit: Buffer, isHevc: boolean): boolean {
  const first = unit[0] ?? 0
  return isHevc ? ((first >> 1) & 63) === 39 || ((first >> 1) & 63) === 40 : (first & 31) === 6
}

/** Codec data without its remarks, to tell whether two encoders made compatible streams. */
function withoutRemarks(data: Buffer, isHevc: boolean): string {
  const [head, ...units] = data.toString('latin1').split(UNIT_START)
  return [head, ...units.filter((unit) => !isRemark(Buffer.from(unit, 'latin1'), isHevc)).map((unit) => unit.replace(/\0$/, ''))].join(
    UNIT_START,
  )
}

/** What a segment's stream header says of codec, size and codec data; equal where segments may follow each other. Throws DfkError where `head` is no NUT file's. */
function streamHeader(head: Buffer, path: string): string {
  const start = head.indexOf(STREAM_START)
  if (!head.subarray(0, FILE_ID.length).equals(FILE_ID) || start < 0)
    throw new DfkError(`expected a rendered segment in ${path} but it is damaged`, { hint: 'delete it and run the same command again' })
  const { value: length, next } = variable(head, start + STREAM_START.length)
  // Long packets carry a checksum of their header, all of them one of their content at the end.
  const body = head.subarray(next + (length > 4096 ? 4 : 0), next + length - 4)
  const isHevc = body.subarray(0, 16).includes('HEVC')
  return withoutRemarks(body, isHevc)
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const head = Buffer.alloc(HEAD_BYTES)
    const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0)
    return head.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Throws DfkError where a segment is no NUT file, or was made by another encoder or with other settings than the first. */
export async function checkSegments(paths: readonly string[]): Promise<void> {
  let first: string | undefined
  for (const path of paths) {
    const header = streamHeader(await headOf(path), path)
    first ??= header
    if (header !== first)
      throw new DfkError(`expected segments of one encoder but ${path} was made by another than ${paths[0]}`, {
        hint: 'render with the same ffmpeg and --encoder everywhere, or delete that segment and run the same command again',
      })
  }
}

/** The bytes of segments as one NUT stream. */
export async function* segmentBytes(paths: readonly string[]): AsyncGenerator<Buffer> {
  for (const [order, path] of paths.entries()) {
    yield* createReadStream(path, { start: order === 0 ? 0 : FILE_ID.length, highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>
  }
}
