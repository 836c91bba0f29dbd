/** Writes protocol-buffer messages: what ONNX files need of the wire format (https://protobuf.dev/programming-guides/encoding/). */
export class ProtoWriter {
  readonly #chunks: Uint8Array[] = []
  #length = 0

  varint(field: number, value: number): void {
    this.#key(field, 0)
    this.#raw(varintBytes(value))
  }

  float(field: number, value: number): void {
    this.#key(field, 5)
    this.#raw(new Uint8Array(new Float32Array([value]).buffer))
  }

  string(field: number, value: string): void {
    this.bytes(field, new TextEncoder().encode(value))
  }

  bytes(field: number, value: Uint8Array): void {
    this.#key(field, 2)
    this.#raw(varintBytes(value.length))
    this.#raw(value)
  }

  message(field: number, write: (inner: ProtoWriter) => void): void {
    const inner = new ProtoWriter()
    write(inner)
    this.#key(field, 2)
    this.#raw(varintBytes(inner.#length))
    for (const chunk of inner.#chunks) this.#raw(chunk)
  }

  finish(): Uint8Array {
    const out = new Uint8Array(this.#length)
    let at = 0
    for (const chunk of this.#chunks) {
      out.set(chunk, at)
      at += chunk.length
    }
    return out
  }

  #key(field: number, wire: number): void {
    this.#raw(varintBytes(field * 8 + wire))
  }

  #raw(bytes: Uint8Array): void {
    this.#chunks.push(bytes)
    this.#length += bytes.length
  }
}

function varintBytes(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  do {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    bytes.push(rest > 0n ? low | 0x80 : low)
  } while (rest > 0n)
  return Uint8Array.from(bytes)
}
