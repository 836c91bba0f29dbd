/** Adds up how long each kind of work takes, for benchmarks. Work that waits for other work counts as long as it waits. */
export class Clock {
  readonly #ms = new Map<string, number>()

  /** Milliseconds by kind of work, in the order in which they were first seen. */
  get ms(): ReadonlyMap<string, number> {
    return this.#ms
  }

  add(kind: string, ms: number): void {
    this.#ms.set(kind, (this.#ms.get(kind) ?? 0) + ms)
  }

  /** Does some work and adds up how long it took. */
  async time<T>(kind: string, work: () => T | Promise<T>): Promise<T> {
    const startMs = performance.now()
    const done = await work()
    this.add(kind, performance.now() - startMs)
    return done
  }
}
