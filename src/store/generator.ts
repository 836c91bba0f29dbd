import { decode, encode, type GeneratorShape, generatorShapes } from '../models/generator.ts'
import type { Parameters } from '../models/layers.ts'
import { type Displacements, displacementsOf, leftoverOf, type Retargeting } from '../models/retarget.ts'
import { type Device, type ProgramFn, tf } from '../tensor/index.ts'
import { DfkError } from '../work/errors.ts'
import { type CheckpointChoice, type Run, requireCheckpoint } from './checkpoint.ts'
import { readRetargeting } from './retargeting.ts'

/** Faces [n, s, s, 3] as the source's decoder renders them, and their masks [n, s, s, 1], all 0–1. */
export interface SwappedFaces {
  readonly rgb: Float32Array
  readonly mask: Float32Array
  /** The same faces by the target's own decoder: what the target looks like with nothing in front; where openGenerator was asked for it. */
  readonly own?: Float32Array | undefined
}

/** A trained generator, ready to render the source's face. */
export interface Generator {
  readonly sizePx: number
  /** How the faces that it takes are to be cut out. */
  readonly framing: string
  /** Steps that it has been trained. */
  readonly step: number
  /** SHA-256 of its weights' file. */
  readonly sha256: string
  /** How far its faces are to be moved on for them to follow the target's (models/retarget.ts); undefined where the checkpoint does not know. */
  readonly displacements: Displacements | undefined
  /** What is left to move once a face was so moved and looked at again; undefined where the checkpoint does not know. */
  readonly leftover: ReturnType<typeof leftoverOf>
  /** The hash of what says both. */
  readonly retargetingSha256: string | undefined
  /** Renders the source in place of the target: faces [n, s, s, 3], RGB 0–1, any n; `withOwn`: the target's own as well, if it was opened for that. */
  swap(faces: Float32Array, withOwn?: boolean): Promise<SwappedFaces>
  dispose(): Promise<void>
}

/** What is known of a generator before it is loaded. */
export type NamedGenerator = Pick<Generator, 'sha256' | 'retargetingSha256' | 'sizePx'>

/** A generator's (averaged) weights as tensors, for programs to capture. */
export interface LoadedGenerator {
  readonly parameters: Parameters
  readonly step: number
  readonly sha256: string
  readonly retargeting: Retargeting | undefined
  readonly retargetingSha256: string | undefined
  /** Frees the weights; after the programs that captured them. */
  dispose(): void
}

/** Reads the weights of a run's newest whole checkpoint, or of the one chosen. */
export async function loadGenerator(run: Run, choice?: CheckpointChoice): Promise<LoadedGenerator> {
  const checkpoint = await requireCheckpoint(run, choice)
  const weights = await checkpoint.read('generator')
  const parameters: Parameters = {}
  for (const [name, wanted] of Object.entries(generatorShapes(run.config.generator))) {
    const found = weights[name]
    if (found === undefined || found.shape.join() !== wanted.join()) {
      throw new DfkError(
        `expected ${name} of shape [${wanted}] in the checkpoint of ${run.name} but found ${found ? `[${found.shape}]` : 'none'}`,
        {
          hint: 'config.json and the checkpoint are not of one run; train again under another name',
        },
      )
    }
    parameters[name] = tf.tensor(found.data, [...found.shape], 'float32')
  }
  const { sha256, state } = checkpoint
  return {
    parameters,
    step: state.step,
    sha256: sha256['generator']!,
    retargeting: await readRetargeting(checkpoint),
    retargetingSha256: sha256['retargeting'],
    dispose: () => tf.dispose(parameters),
  }
}

/** Encoder and the source's decoder with these weights: faces [n, s, s, 3] in 0–1 → rgb and mask; `withOwn`: the target's decoder as well → own. */
export function swapProgram(parameters: Parameters, shape: GeneratorShape, withOwn = false): ProgramFn {
  return ({ faces }) => {
    const seen = encode(faces as tf.Tensor4D, parameters, shape)
    const swapped = decode(seen, parameters, 'source', shape)
    return { outputs: withOwn ? { ...swapped, own: decode(seen, parameters, 'target', shape).rgb } : { ...swapped } }
  }
}

/** How a generator is opened. */
export interface GeneratorOptions {
  /** Faces that a call of the device renders. */
  readonly batch: number
  readonly choice?: CheckpointChoice | undefined
  /** Render the target's own face too, which tells what is in front of it: one more pass of a decoder. */
  readonly withOwn?: boolean
}

/** Opens the generator of a run's newest whole checkpoint, or of the one chosen. */
export async function openGenerator(run: Run, device: Device, options: GeneratorOptions): Promise<Generator> {
  const { batch, choice, withOwn = false } = options
  const { sizePx, framing } = run.config
  const loaded = await loadGenerator(run, choice)
  const compile = (own: boolean) =>
    device.compile(swapProgram(loaded.parameters, run.config.generator, own), { inputs: { faces: { shape: [batch, sizePx, sizePx, 3] } } })
  const plain = await compile(false)
  const both = withOwn ? await compile(true) : undefined
  const pixels = sizePx * sizePx
  return {
    sizePx,
    framing,
    step: loaded.step,
    sha256: loaded.sha256,
    displacements: loaded.retargeting && displacementsOf(loaded.retargeting),
    leftover: loaded.retargeting && leftoverOf(loaded.retargeting),
    retargetingSha256: loaded.retargetingSha256,
    async swap(faces, own = false) {
      const program = own && both !== undefined ? both : plain
      const n = faces.length / (pixels * 3)
      const made = {
        rgb: new Float32Array(n * pixels * 3),
        mask: new Float32Array(n * pixels),
        ...(program === both && { own: new Float32Array(n * pixels * 3) }),
      }
      const data = new Float32Array(batch * pixels * 3)
      for (let first = 0; first < n; first += batch) {
        const count = Math.min(batch, n - first)
        data.set(faces.subarray(first * pixels * 3, (first + count) * pixels * 3))
        const out = await program.run({ faces: { data, shape: [batch, sizePx, sizePx, 3] } })
        for (const [name, all] of Object.entries(made)) {
          const each = all.length / n
          all.set((out[name]!.data as Float32Array).subarray(0, count * each), first * each)
        }
      }
      return made
    },
    async dispose() {
      await both?.dispose()
      await plain.dispose()
      loaded.dispose()
    },
  }
}
