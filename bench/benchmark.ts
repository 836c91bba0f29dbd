import { availableParallelism, loadavg } from 'node:os'
import { z } from 'zod'

/** A line of the table: what was measured, and how it came out, with its unit. */
export type Row = readonly [what: string, outcome: string]

/** What a benchmark found. */
export interface Report {
  readonly title: string
  readonly rows: readonly Row[]
  /** What is printed as JSON besides the benchmark's name, machine load and ratio. */
  readonly figures: Readonly<Record<string, unknown>>
  /** Our speed (or quality) divided by the peer's; absent without a peer. */
  readonly ratio?: number
}

/** One benchmark. The schema states its flags, as that of a command does. */
export interface Benchmark<S extends z.ZodObject = z.ZodObject> {
  readonly name: string
  readonly summary: string
  readonly options: S
  run(options: z.output<S>, signal: AbortSignal): Promise<Report>
}

/** Keeps the option types of a benchmark through inference. */
export function defineBenchmark<S extends z.ZodObject>(benchmark: Benchmark<S>): Benchmark {
  return benchmark as unknown as Benchmark
}

/** Options that several benchmarks have. */
export const SHARED = {
  device: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'tensorflow']).default('cpu').describe('where ours runs'),
  python: z
    .string()
    .optional()
    .describe('an interpreter with torch, the peer: measured in turn with ours')
    .meta({ flag: '--python <path>' }),
  peerDevice: z.enum(['cpu', 'cuda']).default('cpu').describe('where torch runs'),
  threads: z.int().min(1).default(availableParallelism()).describe('threads of both, on a CPU'),
} as const

/** How many rounds to take turns for. */
export function rounds(count: number): z.ZodDefault<z.ZodInt> {
  return z.int().min(1).default(count).describe('how often ours and the peer take turns')
}

/** A quiet machine's load over the last minute, as a part of its cores, stays below this. */
const QUIET = 0.3

/** Runs a benchmark and prints it: a table on stderr, one line of JSON on stdout, and last on stdout the ratio where there is a peer. */
export async function runBenchmark(benchmark: Benchmark, options: Record<string, unknown>, signal: AbortSignal): Promise<void> {
  const load = Math.round(100 * loadavg()[0]!) / 100
  const { title, rows, figures, ratio } = await benchmark.run(options, signal)
  process.stderr.write(`\n${title}\n`)
  const width = Math.max(...rows.map(([what]) => what.length))
  for (const [what, outcome] of rows) process.stderr.write(`  ${what.padEnd(width)}  ${outcome}\n`)
  if (load > QUIET * availableParallelism()) {
    process.stderr.write(
      `  The machine was busy before (load ${load} on ${availableParallelism()} cores): take these figures for a hint.\n`,
    )
  }
  const rounded = ratio === undefined ? undefined : Number(ratio.toFixed(2))
  process.stdout.write(`${JSON.stringify({ bench: benchmark.name, load, ...figures, ...(rounded !== undefined && { ratio: rounded }) })}\n`)
  if (ratio !== undefined) process.stdout.write(`ratio ${ratio.toFixed(2)}\n`)
}
