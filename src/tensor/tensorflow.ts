import { createRequire } from 'node:module'
import { DfkError } from '../work/errors.ts'
import { requireFloat32 } from './host.ts'
import { loadedProgram } from './source.ts'
import { fuseAdam } from './tensorflow/adam.ts'
import { findNodeBackend, onTensorflow } from './tensorflow/binding.ts'
import { EagerRunner } from './tensorflow/eager.ts'
import { GraphRunner } from './tensorflow/graphRunner.ts'
import { lower } from './tensorflow/lower.ts'
import { type Runner, TensorflowProgram } from './tensorflow/program.ts'
import { record } from './tensorflow/record.ts'
import { rewrite } from './tensorflow/rewrite.ts'
import { tf } from './tf.ts'
import type { Device, ProgramFn, Signature } from './types.ts'

const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const

/** tf.js's native package, loaded: which one, and whether libtensorflow computes on a GPU. */
interface Loaded {
  readonly package: string
  readonly gpu: boolean
}

let loaded: Loaded | DfkError | undefined

/**
 * Loads libtensorflow through tfjs-node-gpu or tfjs-node (or the folder that DFK_TENSORFLOW names): it registers its backend with the
 * engine that everybody shares. Throws a DfkError that says what is missing.
 */
export function loadTensorflow(): Loaded {
  loaded ??= tryToLoad()
  if (loaded instanceof DfkError) throw loaded
  return loaded
}

function tryToLoad(): Loaded | DfkError {
  const require = createRequire(import.meta.url)
  restoreIsNullOrUndefined(require('node:util') as Record<string, unknown>)
  // Else it tells of every graph that it loads.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '1'
  const given = process.env['DFK_TENSORFLOW']
  const before = tf.getBackend()
  const failures: string[] = []
  for (const name of given === undefined ? PACKAGES : [given]) {
    try {
      require(name)
      const backend = findNodeBackend()
      if (backend === null) throw new Error('it registered no backend')
      return { package: name, gpu: backend.isUsingGpuDevice }
    } catch (error) {
      failures.push(reasonOf(name, error as Error & { code?: string }))
    } finally {
      if (before) void tf.setBackend(before)
    }
  }
  return new DfkError(`expected libtensorflow but found none: ${failures.join('; ')}`, {
    hint: 'npm install @tensorflow/tfjs-node-gpu (needs CUDA 11.2 and cuDNN 8.1) or @tensorflow/tfjs-node; each downloads libtensorflow',
  })
}

/** Node 23 dropped what tfjs-node 4.22 still calls (tensorflow/tfjs#8609). */
function restoreIsNullOrUndefined(util: Record<string, unknown>): void {
  util['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined
}

function reasonOf(name: string, error: Error & { code?: string }): string {
  const first = error.message.split('\n')[0] ?? ''
  const absent = error.code === 'MODULE_NOT_FOUND' && first.includes(`'${name}'`)
  return absent ? `${name} is not installed` : `${name} does not load (${first})`
}

/** The same tf.js programs, each as one graph of libtensorflow's where it can be, else operation by operation. */
export function openTensorflow(reason: string): Device {
  loadTensorflow()
  return {
    name: 'tensorflow',
    reason,
    compile: async (source, signature, options) => {
      requireFloat32('tensorflow', options)
      const fn = await loadedProgram(source)
      return new TensorflowProgram(graphOf(fn, signature) ?? new EagerRunner(fn, signature), signature)
    },
  }
}

/** The program as a graph; undefined where it decides by what it computed, or libtensorflow cannot run the graph. */
function graphOf(fn: ProgramFn, signature: Signature): Runner | undefined {
  const backend = findNodeBackend()!
  const graph = onTensorflow(() => record(fn, signature, backend))
  if (graph === undefined) return undefined
  fuseAdam(graph)
  rewrite(graph)
  try {
    return new GraphRunner(lower(graph), signature, backend.binding)
  } catch {
    return undefined
  }
}
