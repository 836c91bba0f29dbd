import type { ValidationRecord } from './validations.ts'
import { DivergedError } from './watch.ts'

/** Likeness (0 the target, 1 the source, by the pipeline's recogniser) that a swap must have reached before its loss is one: first validations may have any. */
const REACHED = 0.3
/** A swap that has less than this part of its best likeness has come apart; what training by itself takes away is a tenth or two. */
const LEFT = 1 / 3

/**
 * Throws DivergedError where the last validation shows that the swap has come apart: no face any more, or one that is no longer the source's. No loss tells, since a swap has no true picture to
 * be held against: both people's own faces stay as good as ever meanwhile.
 */
export function requireSwap(history: readonly ValidationRecord[]): void {
  const last = history.at(-1)
  if (last === undefined) return
  const likenessOf = ({ validation }: ValidationRecord) => validation.swap.identity ?? 0
  const before = history.slice(0, -1)
  const best = Math.max(0, ...before.map(likenessOf))
  if (best < REACHED || likenessOf(last) >= LEFT * best) return
  const good = before.filter((record) => likenessOf(record) >= LEFT * best).at(-1)!
  const found = last.validation.swap.faces === 0 ? 'there is no face in it' : `it is ${likenessOf(last).toFixed(2)}`
  throw new DivergedError(
    `expected the swap's likeness to stay near ${best.toFixed(2)} but at step ${last.step} ${found}: the swap has come apart`,
    last.step,
    good.step,
  )
}
