/** When a face was seen. */
export interface Moment {
  /** Base name of the footage. */
  readonly source: string
  readonly timeS: number
  readonly frame: number
}

/** Faces seen last are held out, so many of all. */
const HELD_OUT = 0.1
/** Most held-out faces that are kept for validation. */
const MOST_HELD_OUT = 128
/** Training faces so close before the held-out block are nearly copies of its first ones. */
const GAP_S = 1
/** Those are left out only where training has so many times as many others. */
const PLENTY = 10

/**
 * Holds out the last tenth, by time, of each source that has ten faces; of all of them where none has. Of the training faces those of the last second
 * before the block are left out, so that no held-out face is all but a copy of one that was trained on, where ten times as many remain.
 */
export function splitByTime<T extends Moment>(moments: readonly T[]): { train: T[]; heldOut: T[] } {
  const bySource = new Map<string, T[]>()
  for (const moment of moments) {
    const group = bySource.get(moment.source)
    if (group === undefined) bySource.set(moment.source, [moment])
    else group.push(moment)
  }
  const train: T[] = []
  const heldOut: T[] = []
  for (const group of bySource.values()) {
    const ordered = group.sort((a, b) => a.timeS - b.timeS || a.frame - b.frame)
    const kept = ordered.length - Math.floor(ordered.length * HELD_OUT)
    for (const moment of withoutGap(ordered.slice(0, kept), ordered[kept])) train.push(moment)
    for (const moment of ordered.slice(kept)) heldOut.push(moment)
  }
  if (heldOut.length === 0) heldOut.push(...train.splice(Math.floor(train.length * (1 - HELD_OUT))))
  return { train, heldOut: pickEvenly(heldOut, MOST_HELD_OUT) }
}

function withoutGap<T extends Moment>(before: T[], border: T | undefined): T[] {
  if (border === undefined) return before
  const far = before.filter(({ timeS }) => timeS <= border.timeS - GAP_S)
  return far.length >= PLENTY * (before.length - far.length) ? far : before
}

/** At most `most` of them, evenly spread. */
export function pickEvenly<T>(all: readonly T[], most: number): T[] {
  const every = Math.max(1, all.length / most)
  return Array.from({ length: Math.min(all.length, most) }, (_, i) => all[Math.floor(i * every)]!)
}
