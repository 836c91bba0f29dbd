import { type Attribute, ELEMENT, type ElementType, type Graph, type Node, type Value } from './graph.ts'
import { ProtoWriter } from './protobuf.ts'

const OPSET = 17
const IR_VERSION = 8
/** Attributes that are declared as floats, or as lists of them; other numbers are integers. */
const FLOATS = new Set(['alpha', 'beta', 'epsilon', 'gamma', 'activation_params'])

/** A size that is known only when it runs, by name. */
type Dimension = number | string

export interface Port {
  readonly name: string
  readonly shape: readonly Dimension[]
  readonly dtype: ElementType
}

/** A graph cut to what its outputs need, ready to be written. */
export interface Body {
  readonly nodes: readonly Node[]
  readonly constants: readonly Value[]
}

/** The nodes that `outputs` depend on, in order, and the constants that those use. */
export function bodyOf(graph: Graph, outputs: readonly Value[]): Body {
  const needed = new Set(outputs.map((value) => value.name))
  const nodes: Node[] = []
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((value) => needed.has(value.name))) continue
    nodes.push(node)
    for (const value of node.inputs) if (value !== undefined) needed.add(value.name)
  }
  nodes.reverse()
  const constants = new Map<string, Value>()
  for (const value of [...nodes.flatMap((node) => node.inputs), ...outputs]) if (value?.data !== undefined) constants.set(value.name, value)
  return { nodes, constants: [...constants.values()] }
}

/** Which operators a model uses: the version of ONNX's own, and the domains of others'; and what the file says of itself. */
interface ModelOptions {
  readonly metadata?: Readonly<Record<string, string>> | undefined
  readonly version?: number | undefined
  readonly domains?: readonly string[]
}

/** The domains of a body's operators but ONNX's own. */
export function domainsOf({ nodes }: Body): string[] {
  return [...new Set(nodes.flatMap(({ domain }) => (domain === undefined ? [] : [domain])))]
}

/** Writes an ONNX ModelProto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). */
export function writeModel(
  name: string,
  write: (graph: GraphWriter) => void,
  { version = OPSET, domains = [], metadata = {} }: ModelOptions = {},
): Uint8Array {
  const model = new ProtoWriter()
  model.varint(1, IR_VERSION)
  model.string(2, 'dfk')
  for (const [domain, opset] of [['', version] as const, ...domains.map((name) => [name, 1] as const)]) {
    model.message(8, (set) => {
      set.string(1, domain)
      set.varint(2, opset)
    })
  }
  model.message(7, (graph) => {
    graph.string(2, name)
    write(new GraphWriter(graph))
  })
  for (const [key, value] of Object.entries(metadata)) {
    model.message(14, (entry) => {
      entry.string(1, key)
      entry.string(2, value)
    })
  }
  return model.finish()
}

/** Writes the parts of a GraphProto. */
export class GraphWriter {
  readonly #proto: ProtoWriter

  constructor(proto: ProtoWriter) {
    this.#proto = proto
  }

  /** Writes the nodes, with the edges in `names` called by other names. */
  nodes(nodes: readonly Node[], names: ReadonlyMap<string, string>): void {
    const called = (value: Value | undefined): string => (value === undefined ? '' : (names.get(value.name) ?? value.name))
    for (const node of nodes) this.node(node.op, node.inputs.map(called), node.outputs.map(called), node.attributes, node.domain)
  }

  node(
    op: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain?: string,
  ): void {
    this.#proto.message(1, (node) => {
      writeNode(node, op, inputs, outputs, attributes)
      if (domain !== undefined) node.string(7, domain)
    })
  }

  /** A node whose attribute `body` is a graph of its own: Loop. */
  nodeWithBody(op: string, inputs: readonly string[], outputs: readonly string[], write: (graph: GraphWriter) => void): void {
    this.#proto.message(1, (node) => {
      writeNode(node, op, inputs, outputs, {})
      node.message(5, (attribute) => {
        attribute.string(1, 'body')
        attribute.varint(20, 5)
        attribute.message(6, (graph) => {
          graph.string(2, 'body')
          write(new GraphWriter(graph))
        })
      })
    })
  }

  constants(values: readonly Value[]): void {
    for (const value of values) {
      const data = value.data!
      this.#proto.message(5, (tensor) => {
        for (const size of value.shape) tensor.varint(1, size)
        tensor.varint(2, ELEMENT[value.dtype])
        tensor.string(8, value.name)
        tensor.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
      })
    }
  }

  input(port: Port): void {
    this.#proto.message(11, (info) => writePort(info, port))
  }

  output(port: Port): void {
    this.#proto.message(12, (info) => writePort(info, port))
  }
}

function writeNode(
  proto: ProtoWriter,
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>>,
): void {
  for (const name of inputs) proto.string(1, name)
  for (const name of outputs) proto.string(2, name)
  proto.string(3, outputs[0]!)
  proto.string(4, op)
  for (const [name, value] of Object.entries(attributes)) proto.message(5, (attribute) => writeAttribute(attribute, name, value))
}

function writeAttribute(proto: ProtoWriter, name: string, value: Attribute): void {
  proto.string(1, name)
  if (typeof value === 'string') {
    proto.varint(20, 3)
    proto.string(4, value)
  } else if (typeof value !== 'number') {
    const floats = FLOATS.has(name)
    proto.varint(20, floats ? 6 : 7)
    for (const item of value) floats ? proto.float(7, item) : proto.varint(8, item)
  } else if (FLOATS.has(name)) {
    proto.varint(20, 1)
    proto.float(2, value)
  } else {
    proto.varint(20, 2)
    proto.varint(3, value)
  }
}

function writePort(proto: ProtoWriter, port: Port): void {
  proto.string(1, port.name)
  proto.message(2, (type) =>
    type.message(1, (tensor) => {
      tensor.varint(1, ELEMENT[port.dtype])
      tensor.message(2, (shape) => {
        for (const size of port.shape) {
          shape.message(1, (dimension) => {
            if (typeof size === 'string') dimension.string(2, size)
            else dimension.varint(1, size)
          })
        }
      })
    }),
  )
}
