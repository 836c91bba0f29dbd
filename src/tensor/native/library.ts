import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type * as koffiTypes from 'koffi'
import { DfkError } from '../../work/errors.ts'
import { silenceOnnxRuntime } from '../onnxRuntime.ts'

type Koffi = typeof koffiTypes
/** An address in this process; 0 or null: none. */
type Pointer = bigint | null

/** The newest version of the C interface that is asked for here; ONNX Runtime keeps all older ones. */
const API_VERSION = 18

/**
 * What is called of ONNX Runtime's C interface: the place in its table of functions, which no later version may change
 * (microsoft/onnxruntime, onnxruntime_c_api.h), and the arguments. `out` receives a pointer; all return a status, but for those marked.
 */
const FUNCTIONS = {
  GetErrorMessage: [2, 'str', 'void *'],
  CreateEnv: [3, 'void *', 'int', 'str', 'out'],
  CreateSessionFromArray: [8, 'void *', 'void *', 'void *', 'size_t', 'void *', 'out'],
  CreateSessionOptions: [10, 'void *', 'out'],
  SetOptimizedModelFilePath: [11, 'void *', 'void *', 'path'],
  DisableMemPattern: [17, 'void *', 'void *'],
  SetSessionLogSeverityLevel: [22, 'void *', 'void *', 'int'],
  SetSessionGraphOptimizationLevel: [23, 'void *', 'void *', 'int'],
  SetIntraOpNumThreads: [24, 'void *', 'void *', 'int'],
  CreateTensorWithDataAsOrtValue: [49, 'void *', 'void *', 'void *', 'size_t', 'int64_t *', 'size_t', 'int', 'out'],
  CreateCpuMemoryInfo: [69, 'void *', 'int', 'int', 'out'],
  ReleaseStatus: [93, 'void', 'void *'],
  ReleaseSession: [95, 'void', 'void *'],
  ReleaseValue: [96, 'void', 'void *'],
  ReleaseSessionOptions: [100, 'void', 'void *'],
  AddSessionConfigEntry: [130, 'void *', 'void *', 'str', 'str'],
  RunWithBinding: [133, 'void *', 'void *', 'void *', 'void *'],
  CreateIoBinding: [134, 'void *', 'void *', 'out'],
  ReleaseIoBinding: [135, 'void', 'void *'],
  BindInput: [136, 'void *', 'void *', 'str', 'void *'],
  BindOutput: [137, 'void *', 'void *', 'str', 'void *'],
} as const

type Name = keyof typeof FUNCTIONS
type Call = ReturnType<Koffi['load']> extends { func(definition: string): infer F } ? F : never

/** ONNX Runtime by its C interface: outputs go where they are told, and nothing is copied through JavaScript. */
export interface NativeLibrary {
  /** Calls a function; throws a DfkError with ONNX Runtime's own words where it says that it failed. */
  call(name: Name, ...args: readonly unknown[]): void
  /** Calls a function that makes something, and returns where that is. */
  make(name: Name, ...args: readonly unknown[]): bigint
  /** Calls a function in a thread of its own. */
  callAside(name: Name, ...args: readonly unknown[]): Promise<void>
  /** Where the numbers of a typed array lie; they stay there while the array lives. */
  addressOf(data: ArrayBufferView): bigint
  /** Koffi's own: once it is garbage, the library is unloaded under everybody's feet. */
  readonly handle: unknown
  /** Of ONNX Runtime, such as 1.30.0. */
  readonly version: string
  readonly environment: bigint
  readonly cpuMemory: bigint
}

let loaded: NativeLibrary | DfkError | undefined

/** Loads ONNX Runtime's library by its C interface. Throws a DfkError where that cannot be had. */
export function loadNative(): NativeLibrary {
  loaded ??= tryToLoad()
  if (loaded instanceof DfkError) throw loaded
  return loaded
}

function tryToLoad(): NativeLibrary | DfkError {
  try {
    return openLibrary()
  } catch (cause) {
    return new DfkError(`expected ONNX Runtime's library to load but found: ${(cause as Error).message}`, { cause })
  }
}

function libraryPath(require: NodeJS.Require): string {
  const folder = join(dirname(dirname(require.resolve('onnxruntime-node'))), 'bin', 'napi-v6', process.platform, process.arch)
  const name = readdirSync(folder).find((file) => /^(lib)?onnxruntime[\d.]*\.(so[\d.]*|dylib|dll)$/.test(file))
  if (name === undefined) throw new DfkError(`expected ONNX Runtime's library in ${folder} but found none`)
  return join(folder, name)
}

function openLibrary(): NativeLibrary {
  silenceOnnxRuntime()
  const require = createRequire(import.meta.url)
  const koffi: Koffi = require('koffi')
  const handle = koffi.load(libraryPath(require))
  const base = handle.func('OrtGetApiBase', 'void *', [])() as bigint
  const functionAt = (address: bigint, result: string, args: readonly string[]): Call =>
    koffi.decode(address, koffi.proto(result, args.map(typeOf) as string[])) as Call
  const outPointer = koffi.out(koffi.pointer('void *'))
  const typeOf = (name: string): unknown => (name === 'out' ? outPointer : name === 'path' ? pathType() : name)
  const table = functionAt(koffi.decode(base, 'void *') as bigint, 'void *', ['uint32_t'])(API_VERSION) as Pointer
  if (table === null) throw new DfkError(`expected version ${API_VERSION} of ONNX Runtime's C interface but found an older one`)
  const functions = Object.fromEntries(
    Object.entries(FUNCTIONS).map(([name, [place, result, ...args]]) => [
      name,
      functionAt(koffi.decode(table, place * 8, 'void *') as bigint, result, args),
    ]),
  ) as Record<Name, Call>
  const version = String(functionAt(koffi.decode(base, 8, 'void *') as bigint, 'str', [])())
  return nativeLibrary(koffi, functions, { handle, version })
}

/** Paths are wide characters on Windows. */
const pathType = (): string => (process.platform === 'win32' ? 'str16' : 'str')

function nativeLibrary(
  koffi: Koffi,
  functions: Readonly<Record<Name, Call>>,
  library: Pick<NativeLibrary, 'handle' | 'version'>,
): NativeLibrary {
  const check = (status: Pointer) => {
    if (status === null || status === 0n) return
    const message = String(functions.GetErrorMessage(status))
    functions.ReleaseStatus(status)
    throw new DfkError(`expected ONNX Runtime to go through but found: ${message}`)
  }
  const call = (name: Name, ...args: readonly unknown[]) => {
    const result = functions[name](...args)
    if (FUNCTIONS[name][1] === 'void *') check(result as Pointer)
  }
  const make = (name: Name, ...args: readonly unknown[]): bigint => {
    const made: [bigint | null] = [null]
    call(name, ...args, made)
    return made[0]!
  }
  const callAside = (name: Name, ...args: readonly unknown[]) =>
    new Promise<void>((resolve, reject) => {
      functions[name].async(...args, (error: Error | null, status: Pointer) => {
        if (error !== null) return reject(error)
        try {
          resolve(check(status))
        } catch (failure) {
          reject(failure)
        }
      })
    })
  const addressOf = (data: ArrayBufferView) => koffi.address(data)
  return {
    call,
    make,
    callAside,
    addressOf,
    environment: make('CreateEnv', 3, 'dfk'),
    cpuMemory: make('CreateCpuMemoryInfo', 1, 0),
    ...library,
  }
}
