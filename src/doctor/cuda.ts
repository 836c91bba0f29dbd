import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'

/** A library that a GPU device loads, and where it lies. */
export interface CudaFile {
  readonly name: string
  /** The device that needs it. */
  readonly device: 'cuda' | 'tensorflow'
  readonly path: string | null
}

const require = createRequire(import.meta.url)

/** ONNX Runtime's CUDA provider: CUDA 12 and cuDNN 9. tfjs-node-gpu 4.22: CUDA 11 and cuDNN 8. */
const LIBRARIES: Record<CudaFile['device'], readonly string[]> = {
  cuda: ['libcudart.so.12', 'libcublas.so.12', 'libcublasLt.so.12', 'libcufft.so.11', 'libcurand.so.10', 'libcudnn.so.9'],
  tensorflow: ['libcudart.so.11.0', 'libcublas.so.11', 'libcudnn.so.8'],
}
const WINDOWS: Record<CudaFile['device'], readonly string[]> = {
  cuda: ['cudart64_12.dll', 'cublas64_12.dll', 'cublasLt64_12.dll', 'cufft64_11.dll', 'cudnn64_9.dll'],
  tensorflow: ['cudart64_110.dll', 'cublas64_11.dll', 'cudnn64_8.dll'],
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

function providerPath(): string | null {
  try {
    const folder = join(dirname(dirname(require.resolve('onnxruntime-node'))), 'bin', 'napi-v6', process.platform, process.arch)
    const name = process.platform === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so'
    return locate(name, [folder])
  } catch {
    return null
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
    names[device].map((name) => ({ name, device, path: locate(name, folders) })),
  )
  return [{ name: "onnxruntime-node's CUDA provider", device: 'cuda', path: providerPath() }, ...libraries]
}
