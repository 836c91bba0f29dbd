import { EXIT } from '../src/work/errors.ts'
import { runScript } from './dfk.ts'

/** What the same benchmark printed on libtensorflow, or why there is nothing. */
export type OnTensorflow = { readonly figures: Readonly<Record<string, unknown>> } | { readonly missing: string }

/**
 * Runs a benchmark once more on the device `tensorflow`, which is tfjs-node, in a process of its own: its memory is its own then, and an addon that
 * does not load here takes nothing with it. It comes after ours and torch's turns, not between them.
 */
export async function runOnTensorflow(
  benchmark: string,
  args: readonly string[],
  threads: number,
  signal: AbortSignal,
): Promise<OnTensorflow> {
  const count = String(threads)
  const env = { TF_NUM_INTRAOP_THREADS: count, TF_NUM_INTEROP_THREADS: count, OMP_NUM_THREADS: count, TF_CPP_MIN_LOG_LEVEL: '2' }
  const asked = [benchmark, '--device', 'tensorflow', '--threads', count, ...args]
  const { code, stdout, stderr } = await runScript('bench/main.ts', asked, env, 'pipe', signal)
  const [json] = stdout.split('\n')
  if (code === EXIT.ok && json) return { figures: JSON.parse(json) }
  const reason = stderr.split('\n').find((line) => line.startsWith('bench: '))
  return { missing: reason?.slice('bench: '.length) ?? `it ended with exit code ${code}` }
}
