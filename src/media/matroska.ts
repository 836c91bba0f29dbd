// Raw video travels to ffmpeg in Matroska because a bare pipe has no timestamps: only so do clips of variable frame rate keep theirs.
// Layout after RFC 9559; one cluster a frame, so that any timestamp fits.

const TICK_NS = 1000

function sized(length: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length) | (1n << 56n))
  return bytes
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

function element(id: readonly number[], ...content: readonly Uint8Array[]): Uint8Array {
  const body = concat(content)
  return concat([Uint8Array.from(id), sized(body.length), body])
}

function uint(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value))
  return bytes
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

/** The bytes before the first frame: one track of raw video of the kind that `tag` names, microsecond ticks, a segment of unknown length. */
export function matroskaHeader(width: number, height: number, frameNs: number, tag: Uint8Array): Uint8Array {
  const head = element(
    [0x1a, 0x45, 0xdf, 0xa3],
    element([0x42, 0x86], uint(1)),
    element([0x42, 0xf7], uint(1)),
    element([0x42, 0xf2], uint(4)),
    element([0x42, 0xf3], uint(8)),
    element([0x42, 0x82], text('matroska')),
    element([0x42, 0x87], uint(4)),
    element([0x42, 0x85], uint(2)),
  )
  const segment = Uint8Array.of(0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
  const info = element(
    [0x15, 0x49, 0xa9, 0x66],
    element([0x2a, 0xd7, 0xb1], uint(TICK_NS)),
    element([0x4d, 0x80], text('dfk')),
    element([0x57, 0x41], text('dfk')),
  )
  const video = element([0xe0], element([0xb0], uint(width)), element([0xba], uint(height)), element([0x2e, 0xb5, 0x24], tag))
  const track = element(
    [0xae],
    element([0xd7], uint(1)),
    element([0x73, 0xc5], uint(1)),
    element([0x83], uint(1)),
    element([0x86], text('V_UNCOMPRESSED')),
    element([0x23, 0xe3, 0x83], uint(frameNs)),
    video,
  )
  return concat([head, segment, info, element([0x16, 0x54, 0xae, 0x6b], track)])
}

/** The bytes before each frame's pixels (`bytes` of them, shown at `timeS`): a cluster that holds just this key frame. */
export function matroskaFrameHeader(timeS: number, bytes: number): Uint8Array {
  const time = element([0xe7], uint(Math.max(0, Math.round((timeS * 1e9) / TICK_NS))))
  const block = concat([Uint8Array.of(0xa3), sized(bytes + 4), Uint8Array.of(0x81, 0, 0, 0x80)])
  return concat([Uint8Array.of(0x1f, 0x43, 0xb6, 0x75), sized(time.length + block.length + bytes), time, block])
}
