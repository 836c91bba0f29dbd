import { rename, rm, writeFile } from 'node:fs/promises'
import { authorize, loadBoundConsent } from '../consent/index.ts'
import { PEOPLE } from '../models/generator.ts'
import { seedRandom } from '../models/random.ts'
import { openRun, type Run, runConsentPath } from '../store/checkpoint.ts'
import { loadGenerator } from '../store/generator.ts'
import { exportOnnx, openDevice } from '../tensor/index.ts'
import { checkInterrupted, DfkError } from '../work/errors.ts'
import { type ExportedPort, type ExportedProgram, type ExportFormat, exportedProgram } from './exported.ts'

/** Largest difference, on the 0–1 scale, between the file in ONNX Runtime and our own device. */
const TOLERANCE = 1e-3

export interface ExportResult {
  readonly file: string
  readonly format: ExportFormat
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
  /** As `permitExport` opened it. */
  readonly run: Run
  readonly file: string
  readonly format: ExportFormat
  /** Faces that the model takes at once. */
  readonly batch: number
  /** Steps of the checkpoint to export; absent: the newest. */
  readonly checkpoint?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly onWarning?: (message: string) => void
}

/** Opens a run whose generator may leave this machine's records behind: both people consent to generating. Throws RefusedError otherwise. */
export async function permitExport(home: string, name: string): Promise<Run> {
  const run = await openRun(home, name)
  const parties = await Promise.all(
    PEOPLE.map(async (role) => ({
      role,
      record: await loadBoundConsent(runConsentPath(run, role), run.config[role].consentHash, `${run.name} (${role})`),
    })),
  )
  authorize({ action: 'generate', home, parties, outputs: 0 })
  return run
}

/**
 * Writes a run's generator as an ONNX model, target's face → source's face and mask, after running it beside our own.
 * Throws DfkError where the file does not compute the same.
 */
export async function exportGenerator({ run, file, format, batch, checkpoint, signal, onWarning }: ExportOptions): Promise<ExportResult> {
  const loaded = await loadGenerator(run, { step: checkpoint, onDamaged: onWarning })
  try {
    const program = exportedProgram(loaded, run.config, format, batch)
    const model = exportOnnx(program.fn, program.signature, program.opset === undefined ? {} : { opset: program.opset })
    const difference = await compare(program, model, run.config.seed)
    if (!(difference <= TOLERANCE)) {
      throw new DfkError(
        `expected the exported model to compute the same but it differs by ${difference.toFixed(4)}; nothing was written`,
        {
          hint: 'this is a bug in dfk: please report it with the run’s config.json',
        },
      )
    }
    // Lets a signal in before anything is written.
    await new Promise((resolve) => setImmediate(resolve))
    checkInterrupted(signal)
    await writeBeside(file, model)
    const { inputs, outputs, framing } = program
    return { file, format, run: run.name, step: loaded.step, inputs, outputs, framing, difference }
  } finally {
    loaded.dispose()
  }
}

/** Largest difference of any output between the file in ONNX Runtime and the program on our device, for noise. */
async function compare({ fn, signature, inputs: [input], outputs }: ExportedProgram, model: Uint8Array, seed: number): Promise<number> {
  const { name, shape } = input!
  const random = seedRandom(seed)
  const data = Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => random.uniform())
  const device = await openDevice('cpu')
  const compiled = await device.compile(fn, signature)
  const ort = (await import('onnxruntime-node')).default
  const session = await ort.InferenceSession.create(model, { executionProviders: ['cpu'], logSeverityLevel: 3 })
  try {
    const ours = await compiled.run({ [name]: { data, shape } })
    const theirs = await session.run({ [name]: new ort.Tensor('float32', data, [...shape]) })
    return Math.max(...outputs.map((output) => largestDifference(ours[output.name]!.data, theirs[output.name]!.data as Float32Array)))
  } finally {
    await session.release()
    await compiled.dispose()
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
      hint: 'make the folder first, or give another name with -o',
      cause: error,
    })
  }
}
