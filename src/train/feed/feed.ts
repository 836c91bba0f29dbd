import { availableParallelism } from 'node:os'
import { PEOPLE } from '../../models/generator.ts'
import type { HostTensors } from '../../tensor/index.ts'
import { partsOf, stepBytes } from './layout.ts'
import type { FeedPlan } from './painter.ts'
import { startThreads } from './threads.ts'

/** Steps that are drawn ahead: so many bytes of them, two at least. */
const AHEAD_BYTES = 64e6
const MOST_AHEAD = 24

/** What steps are asked for besides their number. */
interface Ask {
  /** How strongly faces are augmented in a step. */
  strengthAt(step: number): number
  /** The plan ends before this step: none from it on is drawn ahead. */
  readonly until?: number | undefined
}

/** Draws the pictures of steps ahead, in threads of its own. */
export interface Feed {
  /** Starts drawing from step `first` on, and waits for nothing. */
  prepare(first: number, ask: Ask): void
  /** Inputs of `count` steps from step `first` on, each with a leading axis of steps. Throws DfkError where a picture cannot be read. */
  take(first: number, count: number, ask: Ask): Promise<HostTensors>
  /** How long `take` has waited for pictures in all. */
  readonly waitedMs: number
  close(): Promise<void>
}

/** Half of the cores draw while the other half trains; more than four are never needed. */
function threadsFor(cores: number): number {
  return Math.max(1, Math.min(4, cores >> 1))
}

/** A step on its way: where it goes, and how many threads have not drawn their share yet. */
interface Pending {
  readonly slot: number
  left: number
}

/** Starts the threads; the pictures do not depend on how many they are. */
export function openFeed(plan: FeedPlan, count = threadsFor(availableParallelism())): Feed {
  const slots = Array.from(
    { length: Math.max(2, Math.min(MOST_AHEAD, Math.floor(AHEAD_BYTES / stepBytes(plan)))) },
    () => new SharedArrayBuffer(stepBytes(plan)),
  )
  const free = slots.map((_, slot) => slot)
  const drawn = new Map<number, Pending>() // by ticket: what threads are still at
  const ahead = new Map<number, Pending>() // by step: what has been asked for and not been taken
  let [next, ticket, waitedMs] = [-1, 0, 0]
  const threads = startThreads(plan, slots, count, (done) => {
    const pending = drawn.get(done)!
    pending.left -= 1
    if (pending.left > 0) return
    drawn.delete(done)
    // Nobody waits for it any more where training went back to an earlier step.
    if (![...ahead.values()].includes(pending)) free.push(pending.slot)
  })

  const askAhead = ({ strengthAt, until = Number.POSITIVE_INFINITY }: Ask, atLeast: number) => {
    while (free.length > 0 && next < Math.max(until, atLeast)) {
      const pending = { slot: free.pop()!, left: count }
      const request = { step: next, strength: strengthAt(next), slot: pending.slot, ticket }
      drawn.set(ticket, pending)
      ahead.set(next, pending)
      threads.draw(request)
      next += 1
      ticket += 1
    }
  }
  const goTo = (first: number) => {
    const [oldest = next] = ahead.keys()
    if (oldest === first) return
    for (const pending of ahead.values()) if (pending.left === 0) free.push(pending.slot)
    ahead.clear()
    next = first
  }

  return {
    get waitedMs() {
      return waitedMs
    },
    prepare(first, ask) {
      goTo(first)
      askAhead(ask, first + 1)
    },
    async take(first, count, ask) {
      goTo(first)
      const into = emptyInputs(plan, count)
      for (let i = 0; i < count; i += 1) {
        askAhead(ask, first + count)
        const started = performance.now()
        while (ahead.get(first + i)?.left !== 0) {
          await threads.change()
          askAhead(ask, first + count)
        }
        waitedMs += performance.now() - started
        const { slot } = ahead.get(first + i)!
        copyStep(slots[slot]!, plan, into, i)
        ahead.delete(first + i)
        free.push(slot)
      }
      askAhead(ask, first + count)
      threads.check()
      return into
    },
    close: threads.close,
  }
}

function emptyInputs(plan: FeedPlan, steps: number): HostTensors {
  const named = PEOPLE.flatMap((person) =>
    partsOf(plan).parts.map(({ kind, shape, length }) => {
      const data = new Float32Array(steps * plan.batch * length)
      return [person + kind, { data, shape: [steps, ...shape] }] as const
    }),
  )
  return Object.fromEntries(named)
}

function copyStep(buffer: SharedArrayBuffer, plan: FeedPlan, into: HostTensors, step: number): void {
  const { parts, numbers } = partsOf(plan)
  for (const [which, person] of PEOPLE.entries()) {
    for (const { kind, begin, length } of parts) {
      const view = new Float32Array(buffer, 4 * (which * numbers + begin), length * plan.batch)
      ;(into[person + kind]!.data as Float32Array).set(view, step * view.length)
    }
  }
}
