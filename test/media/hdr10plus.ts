import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

/** HDR10+ as a prefix SEI unit of HEVC (SMPTE ST 2094-40 in ITU-T T.35): one window, brightest values, no curve. */
function seiUnit(): Buffer {
  const fields = [
    ...[
      [2, 1],
      [27, 400],
      [1, 0],
    ], // windows, target display, its peaks
    ...[
      [17, 1000],
      [17, 900],
      [17, 800],
      [17, 300],
      [4, 0],
      [10, 0],
    ], // brightest red, green, blue, mean, percentiles, share of bright pixels
    ...[
      [1, 0],
      [1, 0],
      [1, 0],
    ], // mastering display, tone mapping, saturation
  ] as [number, number][]
  const bits = fields.map(([width, value]) => value.toString(2).padStart(width, '0')).join('')
  const bytes = bits
    .padEnd(Math.ceil(bits.length / 8) * 8, '0')
    .match(/.{8}/g)!
    .map((byte) => Number.parseInt(byte, 2))
  const payload = [0xb5, 0x00, 0x3c, 0x00, 0x01, 0x04, 0x01, ...bytes]
  const unit: number[] = []
  let zeros = 0
  for (const byte of [4, payload.length, ...payload, 0x80]) {
    // Two zeros and a small byte would look like the start of a unit.
    if (zeros >= 2 && byte <= 3) {
      unit.push(3)
      zeros = 0
    }
    unit.push(byte)
    zeros = byte === 0 ? zeros + 1 : 0
  }
  return Buffer.from([0, 0, 0, 1, 39 << 1, 1, ...unit])
}

/** Copies a clip in HEVC with HDR10+ metadata in front of each picture. */
export function addHdr10Plus(ffmpeg: string, from: string, to: string): void {
  const raw = `${to}.hevc`
  execFileSync(ffmpeg, ['-v', 'error', '-y', '-i', from, '-c', 'copy', '-bsf:v', 'hevc_mp4toannexb', raw])
  const stream = readFileSync(raw)
  const parts: Buffer[] = []
  let done = 0
  for (let at = 0; at + 3 < stream.length; at += 1) {
    if (stream[at] !== 0 || stream[at + 1] !== 0 || stream[at + 2] !== 1 || ((stream[at + 3]! >> 1) & 63) >= 32) continue
    const start = stream[at - 1] === 0 ? at - 1 : at
    parts.push(stream.subarray(done, start), seiUnit())
    done = start
  }
  writeFileSync(raw, Buffer.concat([...parts, stream.subarray(done)]))
  execFileSync(ffmpeg, ['-v', 'error', '-y', '-r', '25', '-i', raw, '-c', 'copy', '-tag:v', 'hvc1', to])
}
