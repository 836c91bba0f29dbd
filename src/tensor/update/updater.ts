import { Worker } from 'node:worker_threads'
import { DfkError } from '../../work/errors.ts'
import type { Buffer, SharedMemory } from '../native/memory.ts'
import type { Update, UpdateKernel } from './plan.ts'
import { STRIDE, updateModule } from './wasm.ts'

/** Bytes of each tensor that a thread works on before it asks for more. */
const CHUNK = 1 << 18
type Kernel = (table: number, begin: number, end: number) => void

/**
 * Numbers of the control block, each changed by Atomics alone: which round it is, the next job, jobs done, how many there are, and whether
 * a thread failed. Written as
 * plain numbers in `takeJobs`, which workers get as text.
 */
const ROUND = 0
const NEXT = 1
const DONE = 2
const COUNT = 3
const FAILED = 4
/** Numbers of a job: kernel, table, begin, end. */
const JOB = 4

/** What every thread does in a round: take jobs until none is left. */
function takeJobs(kernels: readonly Kernel[], control: Int32Array, jobs: Int32Array): void {
  for (;;) {
    const job = Atomics.add(control, 1, 1)
    if (job >= Atomics.load(control, 3)) return
    kernels[jobs[4 * job]!]!(jobs[4 * job + 1]!, jobs[4 * job + 2]!, jobs[4 * job + 3]!)
    Atomics.add(control, 2, 1)
    Atomics.notify(control, 2)
  }
}

const WORKER = `
const { workerData: { module, memory, names, control, jobs } } = require('node:worker_threads')
const { exports } = new WebAssembly.Instance(module, { e: { m: memory } })
const kernels = names.map((name) => exports[name])
const takeJobs = ${takeJobs}
for (let round = 0; ; ) {
  Atomics.wait(control, 0, round)
  round = Atomics.load(control, 0)
  try {
    takeJobs(kernels, control, jobs)
  } catch (error) {
    Atomics.store(control, 4, 1)
    Atomics.notify(control, 2)
    throw error
  }
}`

/** Computes updates in place: one pass over each tensor, in WebAssembly, on several threads. */
export interface Updater {
  /** Computes all updates once; returns when they are done. */
  run(): void
  dispose(): Promise<void>
}

/** Where each edge lies that an update works on, by how it does: as a tensor that it may change, or as one number for all. */
export interface Places {
  tensor(edge: string): Buffer
  scalar(edge: string): Buffer
}

/**
 * Compiles updates for tensors in `shared`. The same kernel serves all tensors whose update has the same form. Which thread takes which job does
 * not matter to the numbers: no job reads what another one changes.
 */
export function openUpdater(updates: readonly Update[], shared: SharedMemory, places: Places, threads: number): Updater {
  const forms = new Map<string, { index: number; kernel: UpdateKernel }>()
  const jobs: number[] = []
  for (const { kernel, size, tensors, scalars } of updates) {
    const key = JSON.stringify(kernel)
    const { index } = forms.get(key) ?? forms.set(key, { index: forms.size, kernel }).get(key)!
    const table = shared.allocate('int32', tensors.length + scalars.length)
    ;(table.data as Int32Array).set(
      [...tensors.map(({ name }) => places.tensor(name)), ...scalars.map(({ name }) => places.scalar(name))].map((buffer) =>
        shared.offsetOf(buffer),
      ),
    )
    const bytes = Math.ceil((4 * size) / STRIDE) * STRIDE
    for (let begin = 0; begin < bytes; begin += CHUNK) jobs.push(index, shared.offsetOf(table), begin, Math.min(bytes, begin + CHUNK))
  }
  return startThreads(
    [...forms.values()].map(({ kernel }) => kernel),
    shared,
    Int32Array.from(jobs),
    threads,
  )
}

function startThreads(kernels: readonly UpdateKernel[], { memory }: SharedMemory, plan: Int32Array, threads: number): Updater {
  const module = new WebAssembly.Module(updateModule(kernels, memory.buffer.byteLength >> 16))
  const names = kernels.map((_, i) => `k${i}`)
  const { exports } = new WebAssembly.Instance(module, { e: { m: memory } })
  const own = names.map((name) => exports[name] as Kernel)
  const control = new Int32Array(new SharedArrayBuffer(20))
  const jobs = new Int32Array(new SharedArrayBuffer(4 * plan.length))
  jobs.set(plan)
  const count = plan.length / JOB
  let failure: Error | undefined
  // While the main thread waits it hears of no event: a thread that fails says so in the control block as well.
  const check = () => {
    if (failure === undefined && Atomics.load(control, FAILED) === 0) return
    throw new DfkError('expected the threads of the optimizer to work but one ended', { cause: failure })
  }
  const workers = Array.from({ length: threads - 1 }, () => {
    const worker = new Worker(WORKER, { eval: true, workerData: { module, memory, names, control, jobs } })
    worker.on('error', (error) => {
      failure = error
    })
    worker.on('exit', () => {
      failure ??= new Error('it ended')
    })
    worker.unref()
    return worker
  })
  return {
    run() {
      check()
      Atomics.store(control, COUNT, count)
      Atomics.store(control, DONE, 0)
      Atomics.store(control, NEXT, 0)
      Atomics.add(control, ROUND, 1)
      Atomics.notify(control, ROUND)
      takeJobs(own, control, jobs)
      for (let done = Atomics.load(control, DONE); done < count; done = Atomics.load(control, DONE)) {
        Atomics.wait(control, DONE, done, 100)
        check()
      }
    },
    async dispose() {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}
