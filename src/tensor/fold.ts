import { type Elements, type ElementType, sizeOf, type Value } from './graph.ts'
import type { KernelCall } from './kernels/kernel.ts'
import { tf } from './tf.ts'

/** Results above this many elements stay nodes: ONNX Runtime folds them when it loads, and the file stays small. */
const LARGEST = 1 << 16

interface CpuBackend {
  write(values: Elements, shape: readonly number[], dtype: string): object
  readSync(dataId: object): Elements
  disposeData(dataId: object, force?: boolean): boolean
}

/** Computes a kernel whose inputs are all known, with tf.js's own CPU kernel; undefined where something is not known or too large. */
export function foldConstants(kernelName: string, { graph, inputs, attrs }: KernelCall, isList: boolean): Value[] | undefined {
  const values = Object.values(inputs)
  if (values.length === 0 && largeFill(attrs)) return undefined
  if (values.some((value) => value.data === undefined || sizeOf(value.shape) > LARGEST)) return undefined
  const kernel = tf.getKernel(kernelName, 'cpu')
  if (kernel === undefined) return undefined
  const cpu = tf.findBackend('cpu') as unknown as CpuBackend
  const infos = Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [
      name,
      { dataId: cpu.write(value.data!, value.shape, value.dtype), shape: [...value.shape], dtype: value.dtype },
    ]),
  )
  const made = kernel.kernelFunc({
    inputs: (isList ? Object.values(infos) : infos) as never,
    attrs: attrs as never,
    backend: cpu,
  })
  const results = (Array.isArray(made) ? made : [made]).map((info) =>
    graph.constant(cpu.readSync(info.dataId).slice() as Elements, info.shape, info.dtype as ElementType),
  )
  for (const info of Object.values(infos)) cpu.disposeData(info.dataId, true)
  return results
}

function largeFill(attrs: object): boolean {
  const shape = (attrs as { shape?: number[] }).shape
  return shape !== undefined && sizeOf(shape) > LARGEST
}
