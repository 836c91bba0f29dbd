import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { cpus, homedir } from 'node:os'
import { join } from 'node:path'
import { fingerprint } from '../../work/fingerprint.ts'
import type { Value } from '../graph.ts'
import type { Lowering } from '../lowering.ts'
import { tf } from '../tf.ts'
import type { Signature } from '../types.ts'
import type { Blueprint } from './blueprint.ts'

/** The bytes of compiled programs that are kept, those used last: several training steps, and the networks that look at faces. */
const KEPT_BYTES = 1e9
/** A larger model is not kept: large batches have long lists of places as constants. */
const LARGEST_BYTES = 128e6

/** Where compiled programs are kept: `DFK_CACHE`, or the system's place for what may be deleted at any time. */
function cacheFolder(): string {
  const { DFK_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env
  if (DFK_CACHE) return DFK_CACHE
  if (process.platform === 'win32') return join(LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'dfk', 'Cache')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'dfk')
  return join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'dfk')
}

/** A place for one compiled program: what the caller's key, the signature, the lowering, this code, ONNX Runtime and the processor have in common. */
export interface CacheEntry {
  /** What was kept, already optimised; undefined where there is nothing whole. */
  read(): Blueprint | undefined
  /** Forgets what was kept. */
  remove(): void
  /**
   * Keeps a blueprint. `save` writes the optimised model to the path that it gets. A cache that cannot be written (no room, no right to) is
   * no cache: nothing is kept, and the program is compiled again the next time.
   */
  write(blueprint: Blueprint, save: (path: string) => void): void
}

/** What lies beside a model. */
type Kept = Pick<Blueprint, 'layout' | 'memoryBytes'> & { readonly sha256: string }

const hashOf = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex')

export function cacheEntry(key: string, signature: Signature, lowering: Lowering, runtimeVersion: string): CacheEntry {
  const core = fingerprint(new URL('..', import.meta.url))
  const identity = JSON.stringify([key, signature, lowering, runtimeVersion, core, tf.version.tfjs, process.arch, cpus()[0]?.model])
  const stem = join(cacheFolder(), hashOf(identity).slice(0, 32))
  return {
    read() {
      try {
        const { layout, memoryBytes, sha256 } = JSON.parse(readFileSync(`${stem}.json`, 'utf8')) as Kept
        const model = readFileSync(`${stem}.onnx`)
        if (hashOf(model) !== sha256) return undefined
        touch(`${stem}.json`)
        return { layout, memoryBytes, model, optimised: true }
      } catch {
        return undefined
      }
    },
    remove: () => removePair(stem),
    write(blueprint, save) {
      const part = `${stem}.${randomUUID()}`
      try {
        mkdirSync(cacheFolder(), { recursive: true })
        if (blueprint.model.byteLength > LARGEST_BYTES) return
        save(`${part}.onnx`)
        // The layout comes last: where it stands, the model does.
        const { layout, memoryBytes } = blueprint
        const kept: Kept = { layout, memoryBytes, sha256: hashOf(readFileSync(`${part}.onnx`)) }
        writeFileSync(`${part}.json`, JSON.stringify(kept, withoutData))
        renameSync(`${part}.onnx`, `${stem}.onnx`)
        renameSync(`${part}.json`, `${stem}.json`)
        removeOldest(cacheFolder())
      } catch {
        removePair(part)
      }
    },
  }
}

/** Edges without the numbers of constants, which lie in the model. */
function withoutData(key: string, value: unknown): unknown {
  return key === 'data' && ArrayBuffer.isView(value as Value['data']) ? undefined : value
}

/** Says that an entry was used; one that cannot be written to serves as well, only not to tell old from new. */
function touch(path: string): void {
  const now = new Date()
  try {
    utimesSync(path, now, now)
  } catch {
    // Somebody else's, or on a disk that is read only.
  }
}

/** An entry on its way is written in less time. */
const STALE_MS = 3_600_000

/** Removes all but the entries used last, as many as have room, and what a killed process left on its way. */
export function removeOldest(folder: string, roomBytes = KEPT_BYTES): void {
  for (const name of readdirSync(folder)) {
    const part = /^[0-9a-f]{32}\.[0-9a-f-]{36}\.(json|onnx)$/.test(name)
    if (part && Date.now() - statSync(join(folder, name)).mtimeMs > STALE_MS) rmSync(join(folder, name), { force: true })
  }
  const entries = readdirSync(folder)
    .filter((name) => /^[0-9a-f]{32}\.json$/.test(name))
    .map((name) => join(folder, name.slice(0, -5)))
    .map((stem) => ({
      stem,
      usedMs: statSync(`${stem}.json`).mtimeMs,
      bytes: statSync(`${stem}.onnx`, { throwIfNoEntry: false })?.size ?? 0,
    }))
    .sort((a, b) => b.usedMs - a.usedMs)
  let left = roomBytes
  for (const { stem, bytes } of entries) {
    left -= bytes
    if (left < 0) removePair(stem)
  }
}

/** Removes a layout and its model as far as that goes: what stays is overwritten or outlived. */
function removePair(stem: string): void {
  for (const end of ['json', 'onnx']) {
    try {
      rmSync(`${stem}.${end}`, { force: true })
    } catch {
      // The folder cannot be written, so nothing was.
    }
  }
}
