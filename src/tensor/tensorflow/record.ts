import { tf } from '../tf.ts'
import type { DType, ProgramFn, Signature, TensorMap } from '../types.ts'
import { type Binding, DT, type Elements, type Handle, type NodeBackend, type OpAttribute } from './binding.ts'
import {
  type Attribute,
  type Edge,
  type EdgeType,
  edge,
  GraphBuilder,
  type StepGraph,
  shapeOf,
  type TfNode,
  type Variable,
} from './graph.ts'

/** Operations whose next result may have another shape or other values for like inputs: a program with one of them runs eagerly. */
const UNSTEADY = /^(Where|Unique|NonMaxSuppression|Random|Multinomial|Truncated|Sparse|String|Static|Ragged|Decode|Encode|Write|.*Summary)/

/**
 * Runs a program once, on zeros, and writes down what tf.js asks of libtensorflow, gradients included: one operation, one node.
 * Returns undefined for a program that must run eagerly. libtensorflow must be the engine's backend.
 */
export function record(fn: ProgramFn, signature: Signature, backend: NodeBackend): StepGraph | undefined {
  const before = backend.binding
  const tape = new Tape(before)
  tf.engine().startScope()
  try {
    const [inputs, state] = [zeros(signature.inputs), zeros(signature.state ?? {})]
    const edgesOf = (tensors: TensorMap): Record<string, Edge> =>
      Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tape.edgeOf(backend.getInputTensorIds([tensor])[0]!)]))
    const [inputIds, stateIds] = [backend.getInputTensorIds(Object.values(inputs)), backend.getInputTensorIds(Object.values(state))]
    const placeholders = Object.keys(inputs).map((name, i) => [name, tape.placeholder(inputIds[i]!, inputs[name]!)] as const)
    const variables = Object.keys(state).map((name, i) => [name, tape.variable(stateIds[i]!, state[name]!)] as const)
    backend.binding = tape.binding()
    const made = fn({ ...inputs }, { ...state })
    const [outputs, next] = [edgesOf(made.outputs), edgesOf(made.state ?? {})]
    for (const kept of Object.values(made.outputs)) if (!kept.isDisposed) kept.dispose()
    return {
      builder: tape.builder,
      inputs: Object.fromEntries(placeholders),
      state: Object.fromEntries(variables),
      outputs,
      next,
      updates: [],
    }
  } catch {
    // It may work on other numbers than zeros; if not, its first run says why.
    return undefined
  } finally {
    backend.binding = before
    tf.engine().endScope()
  }
}

function zeros(specs: Signature['inputs']): TensorMap {
  return Object.fromEntries(Object.entries(specs).map(([name, { shape, dtype }]) => [name, tf.zeros([...shape], dtype ?? 'float32')]))
}

/** What was asked of libtensorflow, and which edge each of its handles stands for. */
class Tape {
  readonly builder = new GraphBuilder()
  readonly #binding: Binding
  readonly #edges = new Map<number, Edge>()

  constructor(binding: Binding) {
    this.#binding = binding
  }

  placeholder(id: number, { shape, dtype }: tf.Tensor): TfNode {
    const output = { shape, dtype: DT[dtype as DType] }
    const attributes: TfNode['attributes'] = { dtype: ['type', output.dtype], shape: ['shape', shape] }
    const made = this.builder.node('Placeholder', [], attributes, output)
    this.#edges.set(id, made)
    return made.node
  }

  variable(id: number, { shape, dtype }: tf.Tensor): Variable {
    const output = { shape, dtype: DT[dtype as DType] }
    const name: Attribute = ['string', `state.${id}`]
    const attributes: TfNode['attributes'] = { dtype: ['type', output.dtype], shape: ['shape', shape], shared_name: name }
    const handle = this.builder.node('VarHandleOp', [], attributes, { shape: [], dtype: DT.resource })
    const read = this.builder.node('ReadVariableOp', [handle], { dtype: ['type', output.dtype] }, output)
    this.#edges.set(id, read)
    return { handle: handle.node, read: read.node, scale: 1 }
  }

  /** The edge of a handle; a tensor from outside the program becomes a constant. */
  edgeOf(id: number): Edge {
    const known = this.#edges.get(id)
    if (known !== undefined) return known
    const { id: same, shape, dtype } = this.#binding.executeOp('Identity', [], [id], 1)[0]!
    const data = this.#binding.tensorDataSync(same)
    this.#binding.deleteTensor(same)
    return this.#constant(id, data, shape, dtype)
  }

  /** A binding that computes as the real one does, and writes down. */
  binding(): Binding {
    const real = this.#binding
    const members = Object.getOwnPropertyNames(real).map((name) => [name, real[name as keyof Binding]])
    return {
      ...(Object.fromEntries(members) as Binding),
      createTensor: (shape, dtype, values) => {
        const id = real.createTensor(shape, dtype, values)
        this.#constant(id, values, [...shape], dtype)
        return id
      },
      executeOp: (op, attributes, inputs, outputs) => {
        const edges = inputs.map((id) => this.edgeOf(id))
        const made = real.executeOp(op, attributes, inputs, outputs)
        this.#write(op, attributes, edges, made)
        return made
      },
      tensorDataSync: (id) => {
        if (this.#edges.get(id)?.node.op !== 'Const') throw new Error('it reads a tensor')
        return real.tensorDataSync(id)
      },
    }
  }

  #constant(id: number, values: unknown, shape: readonly number[], dtype: number): Edge {
    if (!ArrayBuffer.isView(values)) throw new Error('it holds strings')
    const made = this.builder.constant(values as Elements, shape, dtype)
    this.#edges.set(id, made)
    return made
  }

  #write(op: string, given: readonly OpAttribute[], inputs: readonly Edge[], outputs: readonly Handle[]): void {
    if (UNSTEADY.test(op)) throw new Error(`it asks for ${op}`)
    const first = outputs[0]!
    if (op === 'Reshape' && shapeOf(inputs[0]!).join() === first.shape.join()) {
      this.#edges.set(first.id, inputs[0]!)
      return
    }
    const attributes = Object.fromEntries(given.map((attribute) => [attribute.name, attributeOf(this.#binding, attribute)]))
    const types: EdgeType[] = outputs.map(({ shape, dtype }) => ({ shape, dtype }))
    const node = this.builder.add({ op, inputs, attributes, outputs: types })
    outputs.forEach(({ id }, index) => {
      this.#edges.set(id, edge(node, index))
    })
  }
}

function attributeOf(binding: Binding, { name, type, value }: OpAttribute): Attribute {
  if (type === binding.TF_ATTR_INT) return ['int', value as number | number[]]
  if (type === binding.TF_ATTR_SHAPE) return ['shape', value as number[]]
  if (Array.isArray(value)) throw new Error(`its ${name} is a list`)
  if (type === binding.TF_ATTR_STRING) return ['string', value as string]
  if (type === binding.TF_ATTR_FLOAT) return ['float', value as number]
  if (type === binding.TF_ATTR_BOOL) return ['bool', value as boolean]
  if (type === binding.TF_ATTR_TYPE) return ['type', value as number]
  throw new Error(`its ${name} is of an unknown type`)
}
