import { PEOPLE, type Person } from '../../models/generator.ts'
import type { RunConfig, Training } from '../../store/checkpoint.ts'
import type { Faceset } from '../faceset.ts'
import { drawingOdds } from '../sampling.ts'
import type { FeedPlan, PersonPlan } from './painter.ts'
import { CACHE_BYTES } from './threads.ts'

/** What of a run's config says how its batches are drawn. */
type FeedConfig = Pick<RunConfig, 'sizePx' | 'batch' | 'flip' | 'seed'> & {
  readonly training: Pick<Training, 'light' | 'compression' | 'occluders' | 'evenness'>
}

/** How the batches of a run are drawn, by its config. */
export function planFeed({ sizePx, batch, flip, seed, training }: FeedConfig, facesets: Record<Person, Faceset>): FeedPlan {
  const { light, compression, occluders, evenness } = training
  const people = PEOPLE.map((person): PersonPlan => {
    const list = facesets[person].train
    return { list, odds: drawingOdds(list, evenness), room: Math.floor(CACHE_BYTES / PEOPLE.length / (5 * list.sizePx ** 2)) }
  }) as [PersonPlan, PersonPlan]
  return { sizePx, batch, flip, seed, light, compression, occluders, people }
}
