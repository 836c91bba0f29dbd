import { seedRandom } from '../../models/random.ts'
import { type AugmentOptions, type Face, fillFace } from '../augment.ts'
import type { FaceList } from '../faceList.ts'
import { readFace } from '../pictures.ts'
import { type Drawing, drawFace } from '../sampling.ts'
import { rowOf, type StepSize } from './layout.ts'

const STREAM = 4
/** Faces that one thread reads at a time; each is two files. */
const READ_AT_ONCE = 2

/** What the batches of a run are drawn from and how; the same for all threads, and nothing else decides what is in them. */
export interface FeedPlan extends StepSize, Omit<AugmentOptions, 'strength' | 'towards'> {
  readonly seed: number
  /** Source and target. */
  readonly people: readonly [PersonPlan, PersonPlan]
}

export interface PersonPlan {
  readonly list: FaceList
  readonly odds: Float64Array
  /** Most faces in memory; see sampling.ts. */
  readonly room: number
}

/** Which step to draw, and how strongly its faces are augmented. */
export interface StepRequest {
  readonly step: number
  readonly strength: number
}

/** One of several threads that draw the same steps: each draws the faces that are its own, so that a face is read and kept by one alone. */
export interface Share {
  readonly index: number
  readonly of: number
  /** Bytes of pictures that it may keep. */
  readonly cacheBytes: number
}

/** Draws its share of steps. */
export interface Painter {
  /** Starts reading what a step needs; what it returns draws the step into a buffer. Both throw DfkError where a picture cannot be read. */
  begin(request: StepRequest): (into: SharedArrayBuffer) => Promise<void>
  /** Reads no more than what is being read: steps that have begun may never be drawn. */
  stop(): void
}

/** The faces of a step follow from the plan, the step and its strength alone: neither from the threads, nor from what was drawn before. */
export function openPainter(plan: FeedPlan, share: Share): Painter {
  const reads = inLanes(READ_AT_ONCE)
  const faces = keepFaces(plan, share.cacheBytes, reads.run)
  return {
    stop: reads.drop,
    begin({ step, strength }) {
      const mine = plan.people.flatMap((person, which) => {
        const drawing: Drawing = { ...person, seed: plan.seed, person: which, batch: plan.batch }
        return Array.from({ length: plan.batch }, (_, row) => {
          const random = seedRandom(plan.seed, STREAM, step, which, row)
          return { which, row, random, index: drawFace(drawing, step, random) }
        }).filter(({ index }) => index % share.of === share.index)
      })
      const reading = mine.map(({ which, index }) => faces(which, index))
      return async (into) => {
        for (const [i, { which, row, random }] of mine.entries()) {
          fillFace(await reading[i]!, rowOf(into, plan, which, row), plan.sizePx, random, {
            ...plan,
            strength,
            towards: plan.people[1 - which]!.list.poses,
          })
        }
      }
    },
  }
}

/** Reads faces, and keeps those used last as long as there is room. */
function keepFaces(
  { people }: FeedPlan,
  cacheBytes: number,
  inTurn: (read: () => Promise<Face>) => Promise<Face>,
): (person: number, index: number) => Promise<Face> {
  const kept = new Map<number, Promise<Face>>()
  const bytesOf = (person: number) => 5 * people[person]!.list.sizePx ** 2
  let used = 0
  return (person, index) => {
    const key = 2 * index + person
    const found = kept.get(key)
    const { list } = people[person]!
    const face = found ?? inTurn(() => readFace(list, index, list.sizePx))
    // A map lists its keys in the order in which they were set: the first is the one that was not used for longest.
    kept.delete(key)
    kept.set(key, face)
    if (found !== undefined) return face
    // Whoever draws it hears that it cannot be read.
    face.catch(() => {})
    used += bytesOf(person)
    for (const oldest of kept.keys()) {
      if (used <= cacheBytes || oldest === key) break
      kept.delete(oldest)
      used -= bytesOf(oldest % 2)
    }
    return face
  }
}

/** Runs at most so many things at once, the others in the order in which they came; `drop` forgets those that wait. */
function inLanes(most: number) {
  const waiting: (() => void)[] = []
  let running = 0
  return {
    async run<T>(work: () => Promise<T>): Promise<T> {
      if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
      running += 1
      try {
        return await work()
      } finally {
        running -= 1
        waiting.shift()?.()
      }
    },
    drop() {
      waiting.length = 0
    },
  }
}
