import { type Lowering, NCHWC } from './lowering.ts'
import { writeModel } from './onnx.ts'
import type { loadOnnxRuntime } from './onnxRuntime.ts'

const CHANNELS = 32

let known: Promise<number | undefined> | undefined

/** Channels in a block of ONNX Runtime's own convolutions on this CPU, or undefined where it has none. Tried once, in some milliseconds. */
function blockChannels(ort: ReturnType<typeof loadOnnxRuntime>): Promise<number | undefined> {
  known ??= measureBlock(ort).catch(() => undefined)
  return known
}

/** Puts two pixels of 32 numbered channels in blocks: the second pixel's first channel comes right behind the first one's block. */
async function measureBlock(ort: ReturnType<typeof loadOnnxRuntime>): Promise<number | undefined> {
  const model = writeModel(
    'block',
    (graph) => {
      graph.node('ReorderInput', ['x'], ['y'], { channels_last: 1 }, NCHWC)
      graph.input({ name: 'x', shape: [1, 1, 2, CHANNELS], dtype: 'float32' })
      graph.output({ name: 'y', shape: [1, CHANNELS, 1, 2], dtype: 'float32' })
    },
    { domains: [NCHWC] },
  )
  const session = await ort.InferenceSession.create(model, { executionProviders: ['cpu'], logSeverityLevel: 4 })
  const numbered = Float32Array.from({ length: 2 * CHANNELS }, (_, i) => i)
  const { y } = await session.run({ x: new ort.Tensor('float32', numbered, [1, 1, 2, CHANNELS]) })
  await session.release()
  const block = (y!.data as Float32Array).indexOf(CHANNELS)
  return block > 1 && block < CHANNELS ? block : undefined
}

/** What graphs are lowered to for ONNX Runtime's CPU provider here. */
export async function cpuLowering(ort: ReturnType<typeof loadOnnxRuntime>): Promise<Lowering> {
  const block = await blockChannels(ort)
  return { cpu: true, ...(block !== undefined && { blockChannels: block }) }
}
