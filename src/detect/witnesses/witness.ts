/** Who looks at a file: the trained network, and measurements that need no training of their own. */
export const WITNESSES = ['network', 'residual', 'boundary', 'temporal', 'compression'] as const
export type WitnessName = (typeof WITNESSES)[number]

/** What one witness says of a file. */
export interface Testimony {
  readonly witness: WitnessName
  /** Probability of manipulation by this witness alone, calibrated on held-out people, 0–1; null where it cannot say. */
  readonly probability: number | null
  /** Whether the file's probability heeds it; otherwise it is reported only. */
  readonly counted: boolean
  /** One sentence in plain words: what it looked at and what it saw, or why it cannot say. */
  readonly says: string
}

/** What a witness measured, by name, for the calibration to weigh; or why it cannot say. */
export type Reading = { readonly measures: Readonly<Record<string, number>> } | { readonly silent: string }

/** What all witnesses read in a file; opaque to whoever passes it on to `fuse`. */
export type Readings = Readonly<Record<WitnessName, Reading>>
