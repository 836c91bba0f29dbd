import { rename, rm, writeFile } from 'node:fs/promises'
import { authorize, loadConsent } from '../consent/index.ts'
import { PEOPLE } from '../models/generator.ts'
import { seedRandom } from '../models/random.ts'
import { openRun, runConsentPath } from '../store/checkpoint.ts'
import { generatorProgram } from '../store/generator.ts'
import { exportOnnx, type HostTensors, openDevice } from '../tensor/index.ts'
import { DfkError } from '../work/errors.ts'

/** Largest difference, on the 0–1 scale, between the file in ONNX Runtime and our own device. */
const TOLERANCE = 1e-3

export interface ExportedPort {
  readonly name: string
  readonly shape: readonly number[]
  readonly about: string
}

export interface ExportResult {
  readonly file: string
  readonly run: string
  readonly step: number
  readonly inputs: readonly ExportedPort[]
  readonly outputs: readonly ExportedPort[]
  /** How the faces that it takes must be cut out of a frame. */
  readonly framing: string
  /** Largest difference between the file in ONNX Runtime and our own device, 0–1 scale. */
  readonly difference: number
}

export interface ExportOptions {
  readonly home: string
  readonly run: string
  readonly file: string
  /** Faces that the model takes at once. */
  readonly batch: number
  readonly onWarning?: (message: string) => void
}

/**
 * Writes a run's generator as an ONNX model, target's face → source's rgb and mask, after running it beside our own.
 * Throws RefusedError unless both people consent to generating, and DfkError where the file does not compute the same.
 */
export async function exportGenerator({ home, run: name, file, batch, onWarning }: ExportOptions): Promise<ExportResult> {
  const run = await openRun(home, name)
  const parties = await Promise.all(PEOPLE.map(async (role) => ({ role, record: await loadConsent(runConsentPath(run, role)) })))
  authorize({ action: 'generate', home, parties, outputs: 0 })
  const program = await generatorProgram(run, batch, onWarning)
  try {
    const model = exportOnnx(program.fn, program.signature)
    const { sizePx, framing } = run.config
    const shape = [batch, sizePx, sizePx, 3]
    const random = seedRandom(run.config.seed)
    const faces = { data: Float32Array.from({ length: batch * sizePx * sizePx * 3 }, () => random.uniform()), shape }
    const ours = await runOurs(program, faces)
    const theirs = await runFile(model, faces)
    const difference = Math.max(...['rgb', 'mask'].map((output) => largestDifference(ours[output]!.data, theirs[output]!.data)))
    if (!(difference <= TOLERANCE)) {
      throw new DfkError(
        `expected the exported model to compute the same but it differs by ${difference.toFixed(4)}; nothing was written`,
        {
          hint: 'this is a bug in dfk: please report it with the run’s config.json',
        },
      )
    }
    await writeBeside(file, model)
    return {
      file,
      run: run.name,
      step: program.step,
      inputs: [{ name: 'faces', shape, about: 'RGB, 0–1: the target’s face' }],
      outputs: [
        { name: 'rgb', shape, about: 'RGB, 0–1: the source’s face in its place' },
        { name: 'mask', shape: [batch, sizePx, sizePx, 1], about: '0–1: where the face is' },
      ],
      framing,
      difference,
    }
  } finally {
    program.dispose()
  }
}

async function runOurs({ fn, signature }: Awaited<ReturnType<typeof generatorProgram>>, faces: HostTensors[string]): Promise<HostTensors> {
  const device = await openDevice('cpu')
  const compiled = await device.compile(fn, signature)
  try {
    return await compiled.run({ faces })
  } finally {
    await compiled.dispose()
  }
}

async function runFile(model: Uint8Array, faces: HostTensors[string]): Promise<Record<string, { data: ArrayLike<number> }>> {
  const ort = (await import('onnxruntime-node')).default
  const session = await ort.InferenceSession.create(model, { executionProviders: ['cpu'], logSeverityLevel: 3 })
  try {
    const results = await session.run({ faces: new ort.Tensor('float32', faces!.data as Float32Array, [...faces!.shape]) })
    return results as unknown as Record<string, { data: ArrayLike<number> }>
  } finally {
    await session.release()
  }
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let largest = 0
  for (let i = 0; i < a.length; i += 1) largest = Math.max(largest, Math.abs(a[i]! - b[i]!))
  return largest
}

async function writeBeside(file: string, bytes: Uint8Array): Promise<void> {
  const beside = `${file}.part`
  try {
    await writeFile(beside, bytes)
    await rename(beside, file)
  } catch (error) {
    await rm(beside, { force: true })
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'ENOENT' && code !== 'EISDIR') throw error
    throw new DfkError(`expected a file to write at ${file} but ${code === 'EISDIR' ? 'it is a folder' : 'its folder is not there'}`, {
      cause: error,
    })
  }
}
