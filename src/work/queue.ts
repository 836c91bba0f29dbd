/** A bounded queue between two asynchronous loops: whoever fills it waits while it is full, whoever empties it while it is empty. */
export class Queue<T> implements AsyncIterable<T> {
  readonly #room: number
  readonly #items: T[] = []
  #ended = false
  #failure: { readonly error: unknown } | undefined
  #left = false
  #wake: (() => void)[] = []

  /** `room`: most items that wait. */
  constructor(room: number) {
    this.#room = room
  }

  /** Appends an item once there is room. Returns false, and drops it, where nobody reads any more. */
  async push(item: T): Promise<boolean> {
    while (this.#items.length >= this.#room && !this.#left) await this.#change()
    if (this.#left) return false
    this.#items.push(item)
    this.#changed()
    return true
  }

  /** No more items come; with an error, the reader gets it after the items before it. */
  end(failure?: { readonly error: unknown }): void {
    this.#ended = true
    this.#failure ??= failure
    this.#changed()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        while (this.#items.length === 0 && !this.#ended) await this.#change()
        const item = this.#items.shift()
        if (item === undefined) break
        this.#changed()
        yield item
      }
      if (this.#failure !== undefined) throw this.#failure.error
    } finally {
      this.#left = true
      this.#changed()
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake.push(resolve)
    })
  }

  #changed(): void {
    const wake = this.#wake
    this.#wake = []
    for (const resolve of wake) resolve()
  }
}
