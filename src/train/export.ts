import { createHash } from 'node:crypto'
import { rename, rm, writeFile } from 'node:fs/promises'
import {
  type Authorization,
  type AuthorizationRequest,
  appendAudit,
  authorize,
  loadBoundConsent,
  requireSubject,
  type Use,
} from '../consent/index.ts'
import { PEOPLE } from '../models/generator.ts'
import { seedRandom } from '../models/random.ts'
import { consentOf, openRun, type Run, runConsentPath } from '../store/checkpoint.ts'
import { loadGenerator } from '../store/generator.ts'
import { exportOnnx, openDevice } from '../tensor/index.ts'
import { checkInterrupted, DfkError, RefusedError } from '../work/errors.ts'
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

/** What a model is exported for: to stay in the house, or to be handed on. */
export interface ExportPurpose {
  readonly handOn: boolean
  readonly use: Use
}

/** A run whose generator may be exported. */
export interface PermittedExport {
  readonly home: string
  readonly run: Run
  readonly purpose: ExportPurpose
  readonly authorization: Authorization
}

export interface ExportOptions {
  /** By `permitExport`. */
  readonly permitted: PermittedExport
  readonly file: string
  readonly format: ExportFormat
  /** Faces that the model takes at once. */
  readonly batch: number
  /** Steps of the checkpoint to export; absent: the newest. */
  readonly checkpoint?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly onWarning?: (message: string) => void
}

/**
 * Opens a run whose generator may leave this machine's records behind: both people consent to generating, and to passing these rights on where it is to be handed to
 * others. Throws RefusedError otherwise.
 */
export async function permitExport(
  home: string,
  name: string,
  purpose: ExportPurpose,
  how: Pick<AuthorizationRequest, 'log' | 'about'> = {},
): Promise<PermittedExport> {
  const run = await openRun(home, name)
  const parties = await Promise.all(
    PEOPLE.map(async (role) => {
      const { consentHash, descriptor } = run.config[role]
      const record = await loadBoundConsent(runConsentPath(run, role), consentHash, `${run.name} (${role})`)
      requireSubject(record, descriptor, `the ${role} of ${run.name}`)
      return { role, record, heldAt: run.folder }
    }),
  )
  const counted = parties.find(({ record }) => record.record.limits.maxOutputs !== undefined)
  if (counted !== undefined)
    throw new RefusedError(
      'limits.maxOutputs',
      `consent of ${counted.role} ${counted.record.record.subject.id}: expected a record that does not count outputs but found one of at most ${counted.record.record.limits.maxOutputs} [limits.maxOutputs]`,
      { hint: 'nobody counts what an exported model renders: use dfk swap, or ask for a record without --max-outputs' },
    )
  const action = purpose.handOn ? 'sublicense' : 'generate'
  const about = { export: run.name, run: run.folder, ...how.about }
  return { home, run, purpose, authorization: await authorize({ ...how, action, home, parties, outputs: 0, use: purpose.use, about }) }
}

/** What an exported model says of itself: under whose consent, and whether it may be handed on. */
function metadataOf({ run, purpose, authorization }: PermittedExport, step: number): Record<string, string> {
  return {
    ...consentOf(run.config),
    ...Object.fromEntries(authorization.consent.map(({ role, scope }) => [`consent.${role}.scope`, scope])),
    'consent.handOn': purpose.handOn ? 'granted' : 'not granted',
    run: run.name,
    step: String(step),
  }
}

/**
 * Writes a run's generator as an ONNX model, target's face → source's face and mask, after running it beside our own.
 * Throws DfkError where the file does not compute the same.
 */
export async function exportGenerator({
  permitted,
  file,
  format,
  batch,
  checkpoint,
  signal,
  onWarning,
}: ExportOptions): Promise<ExportResult> {
  const { run, home, purpose, authorization } = permitted
  const loaded = await loadGenerator(run, { step: checkpoint, onDamaged: onWarning })
  try {
    const program = exportedProgram(loaded, run.config, format, batch)
    const model = exportOnnx(program.fn, program.signature, {
      ...(program.opset !== undefined && { opset: program.opset }),
      metadata: metadataOf(permitted, loaded.step),
    })
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
    await writeBeside(file, model, () =>
      appendAudit(home, new Date(), () => [
        {
          what: 'export',
          records: authorization.consent.map(({ hash }) => hash),
          about: { path: file, sha256: createHash('sha256').update(model).digest('hex'), run: run.name, handOn: purpose.handOn },
        },
      ]),
    )
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

/** Writes a file beside its place; `log` is called before it is there. */
async function writeBeside(file: string, bytes: Uint8Array, log: () => Promise<void>): Promise<void> {
  const beside = `${file}.part`
  try {
    await writeFile(beside, bytes)
    await log()
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
