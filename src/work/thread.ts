import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'

/**
 * Starts a thread of the module `name` (without extension) beside the one whose `import.meta.url` is given: as it was built, or, where the sources run as they
 * are (tests, benchmarks), through tsx.
 */
export function startThread(name: string, beside: string, workerData: unknown): Worker {
  if (!beside.endsWith('.ts')) return new Worker(new URL(`${name}.js`, beside), { workerData })
  const tsx = createRequire(import.meta.url)
    .resolve('tsx/esm/api')
    .replace(/\.cjs$/, '.mjs')
  const [loader, file] = [pathToFileURL(tsx).href, new URL(`${name}.ts`, beside).href]
  const start = `import(${JSON.stringify(loader)}).then(({ register }) => { register(); return import(${JSON.stringify(file)}) })`
  return new Worker(start, { eval: true, workerData })
}
