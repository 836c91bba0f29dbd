import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'

/** A library that a GPU device loads, and where it lies. */
export interface CudaFile {
  readonly name: string
  /** The device that needs it. */
  readonly device: 'cuda' | 'tensorflow'
  /** Whether it comes with onnxruntime-node's own download, not with CUDA. */
  readonly own: boolean
  readonly path: string | null
}

const require = createRequire(import.meta.url)

/** What to do for the cuda device; the variable overrides the `skip` of dfk's .npmrc. */
export const CUDA_INSTALL =
  "install CUDA 12 and cuDNN 9, then run onnxruntime-node's own download: ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node"

/** What that download brings. */
const PROVIDER = ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so']

/** ONNX Runtime's CUDA provider: CUDA 12 and cuDNN 9. tfjs-node-gpu 4.22: CUDA 11 and cuDNN 8. */
const LIBRARIES: Record<CudaFile['device'], readonly string[]> = {
  cuda: ['libcudart.so.12', 'libcublas.so.12', 'libcublasLt.so.12', 'libcufft.so.11', 'libcurand.so.10', 'libcudnn.so.9'],
  tensorflow: ['libcudart.so.11.0', 'libcublas.so.11', 'libcudnn.so.8'],
}
const WINDOWS: Record<CudaFile['device'], readonly string[]> = {
  cuda: [],
  tensorflow: ['cudart64_110.dll', 'cublas64_11.dll', 'cudnn64_8.dll'],
}

/** Whether onnxruntime-node has a CUDA provider for this system at all. */
export function hasCudaBuild(): boolean {
  return process.platform === 'linux' && process.arch === 'x64'
}

function libraryFolders(): string[] {
  const { PATH = '', LD_LIBRARY_PATH = '', CUDA_PATH, CUDA_HOME } = process.env
  if (process.platform === 'win32') return [...PATH.split(delimiter), ...(CUDA_PATH === undefined ? [] : [join(CUDA_PATH, 'bin')])]
  const installed = existsSync('/usr/local') ? readdirSync('/usr/local').filter((name) => name.startsWith('cuda')) : []
  return [
    ...LD_LIBRARY_PATH.split(delimiter),
    ...(CUDA_HOME === undefined ? [] : [join(CUDA_HOME, 'lib64')]),
    ...installed.flatMap((name) => ['lib64', 'targets/x86_64-linux/lib'].map((folder) => join('/usr/local', name, folder))),
    '/usr/lib/x86_64-linux-gnu',
    '/usr/lib/aarch64-linux-gnu',
    '/usr/lib64',
    '/usr/lib',
    '/usr/lib/wsl/lib',
  ]
}

function locate(name: string, folders: readonly string[]): string | null {
  for (const folder of folders) {
    const path = join(folder, name)
    if (folder !== '' && existsSync(path)) return path
  }
  return null
}

function providerFolder(): string {
  try {
    return join(dirname(dirname(require.resolve('onnxruntime-node'))), 'bin', 'napi-v6', process.platform, process.arch)
  } catch {
    return ''
  }
}

/** Whether NVIDIA's driver is loaded. */
export function hasNvidiaDriver(): boolean {
  if (process.platform === 'win32') return existsSync(join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'nvcuda.dll'))
  return existsSync('/proc/driver/nvidia/version') || existsSync('/dev/nvidiactl') || existsSync('/usr/lib/wsl/lib/libcuda.so.1')
}

/** Looks for the files that the GPU devices load; empty where there can be none (macOS). */
export function checkCudaFiles(): CudaFile[] {
  if (process.platform === 'darwin') return []
  const folders = libraryFolders()
  const names = process.platform === 'win32' ? WINDOWS : LIBRARIES
  const libraries = (['cuda', 'tensorflow'] as const).flatMap((device) =>
    names[device].map((name) => ({ name, device, own: false, path: locate(name, folders) })),
  )
  const provider = hasCudaBuild() ? PROVIDER : []
  const own = provider.map((name) => ({ name, device: 'cuda' as const, own: true, path: locate(name, [providerFolder()]) }))
  return [...own, ...libraries]
}
