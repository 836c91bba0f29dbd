import { BYTES, sizeOf, type Value } from './graph.ts'
import type { Body } from './onnx.ts'

/** Bytes of a tensor. */
export const bytesOf = ({ dtype, shape }: Pick<Value, 'dtype' | 'shape'>): number => BYTES[dtype] * sizeOf(shape)

/** These give their input another shape, in the same memory. */
const SAME_MEMORY = new Set(['Reshape', 'Identity'])

/**
 * The most bytes that intermediate results take at once when the nodes run in their order, each result living until its last reader is done;
 * and the bytes of the constants. What goes in and what comes out is not counted.
 */
export function memoryNeeds({ nodes, constants }: Body, outputs: readonly Value[]): { readonly peak: number; readonly constants: number } {
  const owner = new Map<string, string>()
  const ownerOf = (value: Value) => owner.get(value.name) ?? value.name
  for (const node of nodes) if (SAME_MEMORY.has(node.op)) owner.set(node.outputs[0]!.name, ownerOf(node.inputs[0]!))
  const kept = new Set(outputs.map(ownerOf))
  const last = new Map<string, number>()
  nodes.forEach(({ inputs }, at) => {
    for (const input of inputs) if (input !== undefined) last.set(ownerOf(input), at)
  })
  const made = new Map<string, number>()
  let [now, peak] = [0, 0]
  nodes.forEach((node, at) => {
    for (const output of node.outputs) {
      if (owner.has(output.name) || kept.has(output.name)) continue
      made.set(output.name, bytesOf(output))
      now += bytesOf(output)
    }
    peak = Math.max(peak, now)
    for (const value of [...node.inputs, ...node.outputs]) {
      if (value === undefined) continue
      const name = ownerOf(value)
      if ((last.get(name) ?? at) > at) continue
      now -= made.get(name) ?? 0
      made.delete(name)
    }
  })
  return { peak, constants: constants.reduce((sum, value) => sum + bytesOf(value), 0) }
}
