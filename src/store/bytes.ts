import type { HostTensor, HostTensors } from '../tensor/index.ts'
import { DfkError } from '../work/errors.ts'

/*
 * Weights in 8 bits a number, for files of which half the size of float16 matters more than a part in 250: a weight `w` of two axes or more is kept as bytes,
 * and beside it `w.scale` [length of the last axis], so that w = (byte − 128)·scale of its output channel.
 */

const MIDDLE = 128
const REACH = 127
const SCALE = '.scale'

/** Filters and matrices as bytes with their scales, everything else as it is. */
export function packBytes(tensors: HostTensors): Record<string, HostTensor> {
  const packed: Record<string, HostTensor> = {}
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor.shape.length < 2 || !(tensor.data instanceof Float32Array)) packed[name] = tensor
    else Object.assign(packed, packOne(name, tensor.data, tensor.shape))
  }
  return packed
}

function packOne(name: string, values: Float32Array, shape: readonly number[]): Record<string, HostTensor> {
  if (!values.every(Number.isFinite)) throw new Error(`expected finite weights but ${name} has others`)
  const channels = shape.at(-1)!
  const scale = new Float32Array(channels)
  for (const [i, value] of values.entries()) scale[i % channels] = Math.max(scale[i % channels]!, Math.abs(value) / REACH)
  const data = Uint8Array.from(values, (value, i) => MIDDLE + Math.round(value / (scale[i % channels]! || 1)))
  return { [name]: { data, shape }, [name + SCALE]: { data: scale, shape: [channels] } }
}

/** The weights that `packBytes` packed, as float32; tensors that were not packed stay as they are. Throws DfkError where a scale is missing or does not fit; `file` goes into its message. */
export function unpackBytes(tensors: HostTensors, file: string): Record<string, HostTensor> {
  const unpacked: Record<string, HostTensor> = {}
  for (const [name, tensor] of Object.entries(tensors)) {
    if (!(tensor.data instanceof Uint8Array) || tensor.shape.length < 2) {
      if (!isScale(name, tensors)) unpacked[name] = tensor
      continue
    }
    const scale = tensors[name + SCALE]
    const channels = tensor.shape.at(-1)!
    if (scale?.data.length !== channels) {
      throw new DfkError(`expected ${channels} scales for ${name} in ${file} but found ${scale?.data.length ?? 'none'}`, {
        hint: 'install dfk again',
      })
    }
    unpacked[name] = { data: unpackOne(tensor.data, scale.data), shape: tensor.shape }
  }
  return unpacked
}

/** A plain loop: twenty times as fast as `Float32Array.from` with a function. */
function unpackOne(bytes: Uint8Array, scale: HostTensor['data']): Float32Array {
  const values = new Float32Array(bytes.length)
  for (let i = 0; i < bytes.length; ) {
    for (let channel = 0; channel < scale.length; channel += 1, i += 1) values[i] = (bytes[i]! - MIDDLE) * scale[channel]!
  }
  return values
}

function isScale(name: string, tensors: HostTensors): boolean {
  return name.endsWith(SCALE) && tensors[name.slice(0, -SCALE.length)]?.data instanceof Uint8Array
}
