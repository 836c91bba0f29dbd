import { decode, encode } from '../models/generator.ts'
import { type Framing, invertFraming, reframe } from '../models/reframe.ts'
import type { RunConfig } from '../store/checkpoint.ts'
import type { LoadedGenerator } from '../store/generator.ts'
import type { ProgramFn, Signature, tf } from '../tensor/index.ts'
import { DfkError } from '../work/errors.ts'

export type ExportFormat = 'onnx' | 'dfm'

export interface ExportedPort {
  readonly name: string
  readonly shape: readonly number[]
  readonly about: string
}

/** A generator in the shape that a format asks for. */
export interface ExportedProgram {
  readonly fn: ProgramFn
  readonly signature: Signature
  readonly inputs: readonly ExportedPort[]
  readonly outputs: readonly ExportedPort[]
  /** How the faces that it takes must be cut out of a frame. */
  readonly framing: string
  readonly opset?: number
}

/**
 * Where our framing lies in DeepFaceLab's whole face. Measured on 480 aligned faces of the sample clips: the similarity from
 * their mean eyes, nose and mouth corners to those of DeepFaceLab's template; turned by less than a degree.
 */
const IN_DFL: Readonly<Record<string, Framing>> = { 'whole-face/1': { scale: 0.944, shiftX: 0.018, shiftY: 0.0835 } }
/** The version of ONNX that readers of .dfm files expect. */
const DFM_OPSET = 12

/** The generator as a program for a format; throws DfkError where the run's framing has no place in it. */
export function exportedProgram(loaded: LoadedGenerator, config: RunConfig, format: ExportFormat, batch: number): ExportedProgram {
  switch (format) {
    case 'onnx':
      return plain(loaded, config, batch)
    case 'dfm':
      return dfm(loaded, config, batch)
    default:
      return format satisfies never
  }
}

function plain({ parameters }: LoadedGenerator, { generator, sizePx, framing }: RunConfig, batch: number): ExportedProgram {
  const shape = [batch, sizePx, sizePx, 3]
  return {
    fn: ({ faces }) => ({ outputs: { ...decode(encode(faces as tf.Tensor4D, parameters, generator), parameters, 'source', generator) } }),
    signature: { inputs: { faces: { shape } } },
    inputs: [{ name: 'faces', shape, about: 'RGB, 0–1: the target’s face' }],
    outputs: [
      { name: 'rgb', shape, about: 'RGB, 0–1: the source’s face in its place' },
      { name: 'mask', shape: [batch, sizePx, sizePx, 1], about: '0–1: where the face is' },
    ],
    framing,
  }
}

/** DeepFaceLive's contract: BGR in DeepFaceLab's framing, which is turned into ours and back inside the model. */
function dfm({ parameters }: LoadedGenerator, { generator, sizePx, framing }: RunConfig, batch: number): ExportedProgram {
  const ours = IN_DFL[framing]
  if (ours === undefined) {
    throw new DfkError(`expected faces framed as ${Object.keys(IN_DFL).join(' or ')} for a .dfm but the run's are ${framing}`, {
      hint: 'export it with --format onnx',
    })
  }
  const shape = [batch, sizePx, sizePx, 3]
  const maskShape = [batch, sizePx, sizePx, 1]
  return {
    fn: (inputs) => {
      const faces = reframe(inputs['in_face:0'] as tf.Tensor4D, ours, { outside: 'border', reverse: true })
      const seen = encode(faces, parameters, generator)
      const back = invertFraming(ours)
      const source = decode(seen, parameters, 'source', generator)
      return {
        outputs: {
          'out_face_mask:0': reframe(decode(seen, parameters, 'target', generator).mask, back, { outside: 'nothing' }),
          'out_celeb_face:0': reframe(source.rgb, back, { outside: 'border', reverse: true }),
          'out_celeb_face_mask:0': reframe(source.mask, back, { outside: 'nothing' }),
        },
      }
    },
    signature: { inputs: { 'in_face:0': { shape } } },
    inputs: [{ name: 'in_face:0', shape, about: 'BGR, 0–1: the target’s face' }],
    outputs: [
      { name: 'out_face_mask:0', shape: maskShape, about: '0–1: where the target’s face is' },
      { name: 'out_celeb_face:0', shape, about: 'BGR, 0–1: the source’s face in its place' },
      { name: 'out_celeb_face_mask:0', shape: maskShape, about: '0–1: where that is' },
    ],
    framing: 'dfl_whole_face',
    opset: DFM_OPSET,
  }
}
