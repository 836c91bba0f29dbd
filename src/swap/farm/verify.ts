import { DfkError } from '../../work/errors.ts'
import { parsePair } from '../choice.ts'
import type { RenderJob } from '../job.ts'
import { fingerprintOf } from '../plan.ts'
import type { RenderOptions } from '../renderOptions.ts'
import type { NamedSwap, SwapRequest } from '../session.ts'
import type { Task } from './task.ts'

/** Whether the weights are those that were queued. */
function isAsQueued(task: Task, { generators }: NamedSwap): boolean {
  const wanted = Object.entries(task.generators)
  return wanted.length === generators.size && wanted.every(([run, sha256]) => generators.get(run)?.sha256 === sha256)
}

/** Makes sure that clip, weights and request are those that were queued. Throws DfkError that names what is not. */
export function checkNamed(task: Task, named: NamedSwap, options: RenderOptions, rendering: RenderJob): void {
  const differs = (what: string, hint: string) => {
    throw new DfkError(`expected ${what} as it was queued but found another one`, { hint })
  }
  if (named.footage.get(task.input) !== task.footage) differs(`the clip ${task.input}`, 'queue it again with the clip that is there now')
  if (!isAsQueued(task, named))
    differs('the generator', 'all workers must see the same run; queue it again to render with the weights that are there')
  if (fingerprintOf(named, { path: task.input, kind: 'video', output: task.output }, rendering.state.picture, options) !== task.fingerprint)
    differs('the request', 'all workers and dfk swap must be of one version and see the same files')
}

/** The paths that a request names. */
export function pathsOf({ run, map, faceImage, consent }: SwapRequest): string[] {
  const runs = [...(run === undefined ? [] : [run]), ...map.map((pair) => parsePair(pair).run)]
  return [...runs.filter((name) => /[/\\]/.test(name)), ...consent, ...(faceImage === undefined ? [] : [faceImage])]
}
