import { stat } from 'node:fs/promises'

/** A file system may keep times in steps of two seconds: what was written within the last ones could be written again and look the same. */
const SETTLED_MS = 3000
const KEPT = 64

/**
 * Answers about files, for as long as a file stays as it is: a command asks several times about its input, and asking means to start a
 * program. `ask` is called again where the file was changed or exchanged, or was written only now, or where somebody else (`whom`) is asked;
 * failures are not kept.
 */
export class AboutFiles<T> {
  readonly #known = new Map<string, { readonly state: string; readonly answer: T }>()

  async get(path: string, whom: string, ask: () => Promise<T>): Promise<T> {
    const key = JSON.stringify([path, whom])
    const state = await settledState(path)
    const known = this.#known.get(key)
    if (known !== undefined && known.state === state) return known.answer
    const answer = await ask()
    this.#known.delete(key)
    // Where it changed meanwhile, nobody knows of which of both the answer is.
    if (state === undefined || (await settledState(path)) !== state) return answer
    this.#known.set(key, { state, answer })
    for (const oldest of this.#known.keys()) if (this.#known.size > KEPT) this.#known.delete(oldest)
    return answer
  }
}

/** What tells a file from another and from itself after a change; undefined where it was changed just now. */
async function settledState(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined)
  if (found === undefined) return undefined
  const { dev, ino, size, mtimeNs, ctimeNs } = found
  const newestMs = Math.max(Number(found.mtimeMs), Number(found.ctimeMs))
  return Date.now() - newestMs < SETTLED_MS ? undefined : [dev, ino, size, mtimeNs, ctimeNs].join(':')
}
