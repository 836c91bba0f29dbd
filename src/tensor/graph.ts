import { type Lowering, PORTABLE } from './lowering.ts'

export type ElementType = 'float32' | 'int32' | 'bool' | 'int64' | 'float64' | 'float16'

/** Bytes of an element. */
export const BYTES: Record<ElementType, number> = { float32: 4, int32: 4, bool: 1, int64: 8, float64: 8, float16: 2 }
/** ONNX's numbers of the element types. */
export const ELEMENT: Record<ElementType, number> = { float32: 1, int32: 6, int64: 7, bool: 9, float16: 10, float64: 11 }

export type Elements = Float32Array | Int32Array | Uint8Array | BigInt64Array | Float64Array

/** One edge of the graph: a named tensor of known shape; `data` is there when its value is known while tracing. */
export interface Value {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: ElementType
  readonly data?: Elements
}

export type Attribute = number | string | readonly number[]

export interface Node {
  readonly op: string
  readonly inputs: readonly (Value | undefined)[]
  readonly outputs: readonly Value[]
  readonly attributes: Readonly<Record<string, Attribute>>
  /** Whose operator it is; absent: ONNX's. */
  readonly domain?: string
}

const SMALL = 64

/**
 * An ONNX graph under construction. Asking twice for the same computation gives the same value back
 * (common subexpression elimination), and so does asking twice for the same small constant.
 */
export class Graph {
  readonly nodes: Node[] = []
  readonly lowering: Lowering
  readonly #known = new Map<string, readonly Value[]>()
  readonly #constants = new Map<string, Value>()
  readonly #producers = new Map<string, Node>()
  #count = 0

  constructor(lowering: Lowering = PORTABLE) {
    this.lowering = lowering
  }

  input(name: string, shape: readonly number[], dtype: ElementType): Value {
    return { name, shape, dtype }
  }

  constant(data: Elements, shape: readonly number[], dtype: ElementType = typeOf(data)): Value {
    // tf.js casts by changing the type alone: integers may come in a tensor of floats.
    if (typeOf(data) !== dtype) return this.constant(elementsOf(dtype, data as Float32Array), shape, dtype)
    if (data.length > SMALL) return this.#newConstant(data, shape, dtype)
    const key = `${dtype}[${shape.join()}]${Array.from(data as Float32Array, (x) => (Object.is(x, -0) ? '-0' : String(x))).join()}`
    return this.#remember(key, () => this.#newConstant(data, shape, dtype))
  }

  /** A constant made once for each key: for large ones that are cheaper to name than to compare. */
  cachedConstant(key: string, shape: readonly number[], make: () => Elements): Value {
    return this.#remember(`key ${key}`, () => this.#newConstant(make(), shape))
  }

  scalar(value: number, dtype: ElementType = 'float32'): Value {
    return this.constant(elementsOf(dtype, [value]), [], dtype)
  }

  /** A list of int64, as ONNX wants shapes, axes and paddings. */
  ints(values: readonly number[]): Value {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length])
  }

  /** Appends a node with one output. */
  node(
    op: string,
    inputs: readonly (Value | undefined)[],
    shape: readonly number[],
    attributes: Record<string, Attribute> = {},
    dtype: ElementType = inputs[0]?.dtype ?? 'float32',
    domain?: string,
  ): Value {
    return this.nodeOf(op, inputs, [{ shape, dtype }], attributes, domain)[0]!
  }

  /** Appends a node with several outputs. */
  nodeOf(
    op: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly { shape: readonly number[]; dtype: ElementType }[],
    attributes: Record<string, Attribute> = {},
    domain?: string,
  ): readonly Value[] {
    const key = keyOf(op, inputs, attributes, outputs.length, domain)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const values = outputs.map(({ shape, dtype }) => ({ name: this.#nextName('v'), shape, dtype }))
    const node: Node = { op, inputs, outputs: values, attributes, ...(domain !== undefined && { domain }) }
    this.nodes.push(node)
    for (const value of values) this.#producers.set(value.name, node)
    this.#known.set(key, values)
    return values
  }

  /** What a node with one output made, if it was asked for already. */
  find(op: string, inputs: readonly (Value | undefined)[], attributes: Record<string, Attribute> = {}): Value | undefined {
    return this.#known.get(keyOf(op, inputs, attributes, 1, undefined))?.[0]
  }

  producer(value: Value): Node | undefined {
    return this.#producers.get(value.name)
  }

  #nextName(prefix: string): string {
    this.#count += 1
    return `${prefix}${this.#count}`
  }

  #newConstant(data: Elements, shape: readonly number[], dtype: ElementType = typeOf(data)): Value {
    return { name: this.#nextName('c'), shape, dtype, data }
  }

  #remember(key: string, make: () => Value): Value {
    const known = this.#constants.get(key)
    if (known !== undefined) return known
    const made = make()
    this.#constants.set(key, made)
    return made
  }
}

function keyOf(
  op: string,
  inputs: readonly (Value | undefined)[],
  attributes: Record<string, Attribute>,
  outputs: number,
  domain: string | undefined,
): string {
  return `${domain ?? ''} ${op}(${inputs.map((x) => x?.name ?? '').join()})${JSON.stringify(attributes)}${outputs}`
}

function typeOf(data: Elements): ElementType {
  if (data instanceof Float32Array) return 'float32'
  if (data instanceof Int32Array) return 'int32'
  if (data instanceof Uint8Array) return 'bool'
  return data instanceof BigInt64Array ? 'int64' : 'float64'
}

/** The typed array that holds `values` as `dtype`; there is none for float16, which only the inside of a graph knows. */
export function elementsOf(dtype: ElementType, values: ArrayLike<number>): Elements {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(values)
    case 'int32':
      return Int32Array.from(values)
    case 'bool':
      return Uint8Array.from(values)
    case 'float64':
      return Float64Array.from(values)
    case 'float16':
      throw new TypeError('expected numbers for an array but found float16, which JavaScript has none for')
    case 'int64':
      return BigInt64Array.from(Array.from(values), BigInt)
    default:
      return dtype satisfies never
  }
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}
