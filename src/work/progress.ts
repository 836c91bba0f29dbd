/** One report of how far a stage is; `total` is absent while it is not known. */
export interface Progress {
  readonly done: number
  readonly total?: number
  /** Short facts to show beside the bar, such as losses or frames a second. */
  readonly note?: string
}

/** What every long-running stage takes. */
export interface WorkOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/** What a command passes on to a stage: both are there. */
export interface Work {
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}
