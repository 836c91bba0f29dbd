import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

/** A piece of a file that stands in for a browser's Blob: the C2PA library reads it synchronously, without loading the rest. */
class FileBlob {
  readonly fd: number
  readonly start: number
  readonly size: number

  constructor(fd: number, start = 0, size = fstatSync(fd).size) {
    this.fd = fd
    this.start = start
    this.size = size
  }

  slice(from = 0, to = this.size): FileBlob {
    const clamp = (offset: number) => Math.max(0, Math.min(this.size, offset < 0 ? this.size + offset : offset))
    return new FileBlob(this.fd, this.start + clamp(from), Math.max(0, clamp(to) - clamp(from)))
  }

  readBytes(): ArrayBuffer {
    const bytes = new Uint8Array(this.size)
    let done = 0
    while (done < bytes.length) {
      const count = readSync(this.fd, bytes, done, bytes.length - done, this.start + done)
      if (count === 0) throw new Error('the file became shorter while it was read')
      done += count
    }
    return bytes.buffer
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.readBytes()
  }
}

/** Opens a file as a blob for `body` and closes it. */
export async function withFileBlob<T>(path: string, body: (blob: Blob) => Promise<T>): Promise<T> {
  const fd = openSync(path, 'r')
  try {
    return await body(new FileBlob(fd) as unknown as Blob)
  } finally {
    closeSync(fd)
  }
}

/** What the library expects of a browser's worker. */
class FileReaderSync {
  readAsArrayBuffer(blob: FileBlob): ArrayBuffer {
    return blob.readBytes()
  }
}

type Library = typeof import('@contentauth/c2pa-wasm')
let library: Promise<Library> | undefined

/** Loads the C2PA library once a process. */
export function loadLibrary(): Promise<Library> {
  library ??= (async () => {
    ;(globalThis as { FileReaderSync?: unknown }).FileReaderSync ??= FileReaderSync
    const c2pa = await import('@contentauth/c2pa-wasm')
    const wasm = createRequire(import.meta.url).resolve('@contentauth/c2pa-wasm/c2pa.wasm')
    await c2pa.default({ module_or_path: await readFile(wasm) })
    return c2pa
  })()
  return library
}
