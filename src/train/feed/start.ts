import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { WorkerData } from './worker.ts'

/** Starts a thread of worker.ts: as it was built, or, where the sources run as they are (tests, benchmarks), through tsx. */
export function startWorker(workerData: WorkerData): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./worker.js', import.meta.url), { workerData })
  const tsx = createRequire(import.meta.url)
    .resolve('tsx/esm/api')
    .replace(/\.cjs$/, '.mjs')
  const [loader, file] = [pathToFileURL(tsx).href, new URL('./worker.ts', import.meta.url).href]
  const start = `import(${JSON.stringify(loader)}).then(({ register }) => { register(); return import(${JSON.stringify(file)}) })`
  return new Worker(start, { eval: true, workerData })
}
