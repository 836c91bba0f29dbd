import type { Operation, Step, UpdateKernel } from './plan.ts'

// Opcodes of WebAssembly and of its fixed-width SIMD (https://webassembly.github.io/spec/core/binary/instructions.html).
const I32 = 0x7f
const V128 = 0x7b
const LOCAL_GET = 0x20
const LOCAL_SET = 0x21
const I32_LOAD = 0x28
const F32_LOAD = 0x2a
const I32_CONST = 0x41
const I32_ADD = 0x6a
const I32_LT_U = 0x49
const LOOP = 0x03
const BR_IF = 0x0d
const END = 0x0b
const EMPTY = 0x40
const SIMD = 0xfd
const V128_LOAD = 0
const V128_STORE = 11
const V128_CONST = 12
const F32_SPLAT = 19
const ARITHMETIC: Record<Operation, number> = {
  abs: 224,
  neg: 225,
  sqrt: 227,
  add: 228,
  sub: 229,
  mul: 230,
  div: 231,
  min: 232,
  max: 233,
}

/** Bytes that a kernel works on at a time: two vectors of four floats. Begin and end of a job must be multiples. */
export const STRIDE = 32
const VECTOR = 16

function leb(value: number): number[] {
  const bytes: number[] = []
  let rest = value >>> 0
  do {
    const low = rest & 0x7f
    rest >>>= 7
    bytes.push(rest === 0 ? low : low | 0x80)
  } while (rest !== 0)
  return bytes
}

/** A signed number, for constants. */
function signedLeb(value: number): number[] {
  const bytes: number[] = []
  let rest = value | 0
  for (;;) {
    const low = rest & 0x7f
    rest >>= 7
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return [...bytes, low]
    bytes.push(low | 0x80)
  }
}

const simd = (code: number): number[] => [SIMD, ...leb(code)]
const get = (local: number): number[] => [LOCAL_GET, ...leb(local)]
const set = (local: number): number[] => [LOCAL_SET, ...leb(local)]
/** Alignment is a hint; offsets are bytes. */
const load = (opcode: readonly number[], offset: number): number[] => [...opcode, 2, ...leb(offset)]
const name = (text: string): number[] => [...leb(text.length), ...Buffer.from(text)]
const list = (items: readonly (readonly number[])[]): number[] => [...leb(items.length), ...items.flat()]
const section = (id: number, content: readonly number[]): number[] => [id, ...leb(content.length), ...content]

/**
 * The body of a kernel: (table, begin, end) → nothing. `table` is where the addresses of its tensors and scalars lie, int32 each; it works on
 * bytes `begin` to `end` of every tensor.
 */
function kernelBody({ tensors, scalars, constants, steps, results }: UpdateKernel): number[] {
  const [table, begin, end] = [0, 1, 2]
  const pointer = (i: number) => 3 + i
  const value = (i: number) => 3 + tensors + i
  const code: number[] = []
  for (let i = 0; i < tensors; i++) code.push(...get(table), ...load([I32_LOAD], 4 * i), ...get(begin), I32_ADD, ...set(pointer(i)))
  for (let i = 0; i < scalars; i++) {
    code.push(...get(table), ...load([I32_LOAD], 4 * (tensors + i)), ...load([F32_LOAD], 0), ...simd(F32_SPLAT), ...set(value(tensors + i)))
  }
  constants.forEach((constant, i) => {
    const bytes = [...new Uint8Array(Float32Array.of(constant, constant, constant, constant).buffer)]
    code.push(...simd(V128_CONST), ...bytes, ...set(value(tensors + scalars + i)))
  })
  // `end` becomes the address where the first tensor's bytes end.
  code.push(...get(table), ...load([I32_LOAD], 0), ...get(end), I32_ADD, ...set(end), LOOP, EMPTY)
  for (let offset = 0; offset < STRIDE; offset += VECTOR) {
    for (let i = 0; i < tensors; i++) code.push(...get(pointer(i)), ...load(simd(V128_LOAD), offset), ...set(value(i)))
    steps.forEach((step, i) => {
      code.push(...arithmetic(step, value), ...set(value(tensors + scalars + constants.length + i)))
    })
    for (const result of results) code.push(...get(pointer(result.tensor)), ...get(value(result.value)), ...load(simd(V128_STORE), offset))
  }
  for (let i = 0; i < tensors; i++) code.push(...get(pointer(i)), I32_CONST, ...signedLeb(STRIDE), I32_ADD, ...set(pointer(i)))
  code.push(...get(pointer(0)), ...get(end), I32_LT_U, BR_IF, 0, END, END)
  const values = tensors + scalars + constants.length + steps.length
  const locals = list([
    [...leb(tensors), I32],
    [...leb(values), V128],
  ])
  return [...leb(locals.length + code.length), ...locals, ...code]
}

function arithmetic({ op, a, b }: Step, value: (i: number) => number): number[] {
  return [...get(value(a)), ...(b === undefined ? [] : get(value(b))), ...simd(ARITHMETIC[op])]
}

/** A WebAssembly module that exports each kernel as `k0`, `k1`, … and works on the shared memory `e.m`. */
export function updateModule(kernels: readonly UpdateKernel[], pages: number): Uint8Array {
  const type = [0x60, ...list([[I32], [I32], [I32]]), ...list([])]
  const memory = [...name('e'), ...name('m'), 0x02, 0x03, ...leb(pages), ...leb(pages)]
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, list([type])),
    ...section(2, list([memory])),
    ...section(3, list(kernels.map(() => [0]))),
    ...section(7, list(kernels.map((_, i) => [...name(`k${i}`), 0x00, ...leb(i)]))),
    ...section(10, list(kernels.map(kernelBody))),
  ])
}
