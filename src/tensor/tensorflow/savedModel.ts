import { ProtoWriter } from '../protobuf.ts'
import { type Attribute, type Edge, reachable, type TfNode } from './graph.ts'

/** What a model is found by in its file, which may hold several. */
export const TAG = 'serve'
/** Version of the graph's operations (GraphDef.versions.producer): no newer than TensorFlow 2.9, the oldest that tfjs-node 4 comes with. */
const PRODUCER = 987

/**
 * The bytes of a `saved_model.pb` with all that `roots` need (tensorflow/core/protobuf/saved_model.proto and what it imports).
 * The one form in which tfjs-node takes a graph.
 */
export function savedModelOf(roots: readonly TfNode[]): Uint8Array {
  const saved = new ProtoWriter()
  saved.varint(1, 1)
  saved.message(2, (meta) => {
    meta.message(1, (info) => info.string(4, TAG))
    meta.message(2, (graph) => {
      for (const node of reachable(roots)) graph.message(1, (proto) => writeNode(proto, node))
      graph.message(4, (versions) => versions.varint(1, PRODUCER))
    })
  })
  return saved.finish()
}

function writeNode(proto: ProtoWriter, node: TfNode): void {
  proto.string(1, node.name)
  proto.string(2, node.op)
  for (const input of node.inputs) proto.string(3, nameOf(input))
  for (const before of node.after) proto.string(3, `^${before.name}`)
  for (const [name, attribute] of Object.entries(node.attributes)) writeAttribute(proto, name, (value) => writeValue(value, attribute))
  if (node.data !== undefined) writeAttribute(proto, 'value', (value) => value.message(8, (tensor) => writeElements(tensor, node)))
}

const nameOf = ({ node, index }: Edge): string => (index === 0 ? node.name : `${node.name}:${index}`)

function writeAttribute(proto: ProtoWriter, name: string, write: (value: ProtoWriter) => void): void {
  proto.message(5, (entry) => {
    entry.string(1, name)
    entry.message(2, write)
  })
}

function writeValue(proto: ProtoWriter, attribute: Attribute): void {
  switch (attribute[0]) {
    case 'string':
      proto.string(2, attribute[1])
      break
    case 'int':
      writeIntegers(proto, attribute[1])
      break
    case 'float':
      proto.float(4, attribute[1])
      break
    case 'bool':
      proto.varint(5, attribute[1] ? 1 : 0)
      break
    case 'type':
      proto.varint(6, attribute[1])
      break
    case 'shape':
      proto.message(7, (shape) => writeShape(shape, attribute[1]))
      break
    default:
      attribute satisfies never
  }
}

function writeIntegers(proto: ProtoWriter, value: number | readonly number[]): void {
  if (typeof value === 'number') {
    proto.varint(3, value)
    return
  }
  proto.message(1, (list) => {
    for (const item of value) list.varint(3, item)
  })
}

function writeShape(proto: ProtoWriter, shape: readonly number[]): void {
  for (const size of shape) proto.message(2, (dimension) => dimension.varint(1, size))
}

function writeElements(proto: ProtoWriter, { data, outputs }: TfNode): void {
  const [{ shape, dtype }] = outputs as [TfNode['outputs'][number]]
  proto.varint(1, dtype)
  proto.message(2, (message) => writeShape(message, shape))
  proto.bytes(4, new Uint8Array(data!.buffer, data!.byteOffset, data!.byteLength))
}
