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
}

/** Does some work, now or in a promise, and adds up how long it took where somebody wants to know. */
export function timed<T>(clock: Clock | undefined, kind: string, work: () => T): T {
  if (clock === undefined) return work()
  const startMs = performance.now()
  const done = work()
  const add = () => clock.add(kind, performance.now() - startMs)
  if (done instanceof Promise) return done.finally(add) as T
  add()
  return done
}
