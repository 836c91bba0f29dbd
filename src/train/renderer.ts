import { decode, encode, type GeneratorShape, generatorShapes, PEOPLE, type Person } from '../models/generator.ts'
import type { Device, HostTensors, TensorMap, tf } from '../tensor/index.ts'

/** What a decoder rendered: rgb [n, s, s, 3] and mask [n, s, s, 1], in 0–1. */
interface RenderedFaces {
  readonly rgb: Float32Array
  readonly mask: Float32Array
}

/** Renders faces by both decoders while a run trains. */
export interface Renderer {
  /** Takes over weights, by the generator's own names. */
  load(weights: HostTensors): Promise<void>
  /** Faces [n, s, s, 3] in 0–1, any n. */
  render(faces: Float32Array): Promise<Record<Person, RenderedFaces>>
  dispose(): Promise<void>
}

const BATCH = 8

/** Compiles the generator with its weights as state, so that validation and previews need no new program. */
export async function openRenderer(device: Device, shape: GeneratorShape): Promise<Renderer> {
  const { sizePx } = shape
  const state = Object.fromEntries(Object.entries(generatorShapes(shape)).map(([name, size]) => [name, { shape: size }]))
  const program = await device.compile(
    ({ faces }, weights) => {
      const seen = encode(faces as tf.Tensor4D, weights, shape)
      const outputs: TensorMap = {}
      for (const person of PEOPLE) {
        const { rgb, mask } = decode(seen, weights, person, shape)
        outputs[`${person}Rgb`] = rgb
        outputs[`${person}Mask`] = mask
      }
      return { outputs }
    },
    { inputs: { faces: { shape: [BATCH, sizePx, sizePx, 3] } }, state },
    { name: 'generator' },
  )
  return {
    load: async (weights) => program.writeState(weights),
    dispose: () => program.dispose(),
    async render(faces) {
      const pixels = sizePx * sizePx
      const count = faces.length / pixels / 3
      const made = () => ({ rgb: new Float32Array(count * pixels * 3), mask: new Float32Array(count * pixels) })
      const out = { source: made(), target: made() }
      for (let first = 0; first < count; first += BATCH) {
        const data = new Float32Array(BATCH * pixels * 3)
        const n = Math.min(BATCH, count - first)
        data.set(faces.subarray(first * pixels * 3, (first + n) * pixels * 3))
        const result = await program.run({ faces: { data, shape: [BATCH, sizePx, sizePx, 3] } })
        for (const person of PEOPLE) {
          out[person].rgb.set((result[`${person}Rgb`]!.data as Float32Array).subarray(0, n * pixels * 3), first * pixels * 3)
          out[person].mask.set((result[`${person}Mask`]!.data as Float32Array).subarray(0, n * pixels), first * pixels)
        }
      }
      return out
    },
  }
}
