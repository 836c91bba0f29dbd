import { type Profiler, Session } from 'node:inspector/promises'

const INTERVAL_US = 250

/**
 * The part of the time that `work` takes which the main thread spends in JavaScript, garbage collection included, 0–1.
 * V8's sampling profiler says where the thread is: a run computes in threads of native code, meanwhile the main one is idle, or it waits in a call
 * of native code; and the optimizer's update is WebAssembly, of which the main thread takes its share. None of these three is JavaScript; copies
 * between typed arrays are. (`performance.eventLoopUtilization` cannot tell the update from JavaScript.)
 */
export async function javascriptShare(work: () => Promise<unknown>): Promise<number> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US })
    await session.post('Profiler.start')
    await work()
    return shareOf((await session.post('Profiler.stop')).profile)
  } finally {
    session.disconnect()
  }
}

type Kind = 'javascript' | 'elsewhere' | 'profiler'

/** Native functions have no address, and WebAssembly has one of its own kind; what V8 cannot place, "(program)", is taken for JavaScript's. */
function kindOf({ functionName, url }: { readonly functionName: string; readonly url: string }): Kind {
  if (functionName === '(garbage collector)' || functionName === '(program)') return 'javascript'
  if (functionName === 'dispatch' && url === '') return 'profiler'
  return url === '' || url.startsWith('wasm:') ? 'elsewhere' : 'javascript'
}

/** The share of JavaScript in a profile, without the profiler's own work. */
export function shareOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): number {
  const kinds = new Map(nodes.map(({ id, callFrame }) => [id, kindOf(callFrame)]))
  const spent: Record<Kind, number> = { javascript: 0, elsewhere: 0, profiler: 0 }
  samples.forEach((id, i) => {
    // A sample stands for the time since the one before; V8 may date two the wrong way round.
    spent[kinds.get(id)!] += Math.max(0, timeDeltas[i]!)
  })
  const all = spent.javascript + spent.elsewhere
  return all === 0 ? 0 : spent.javascript / all
}
