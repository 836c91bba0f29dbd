import { DfkError } from '../work/errors.ts'
import { openCpu } from './cpu.ts'
import { openCuda, requireCuda } from './cuda.ts'
import { hasCudaBuild, hasNvidiaDriver } from './cudaFiles.ts'
import { loadTensorflow, openTensorflow } from './tensorflow.ts'
import type { Device, DeviceName, DeviceOptions, DeviceStatus } from './types.ts'
import { openWebgpu, requireWebgpu } from './webgpu.ts'

/** Says of every device whether it works on this machine, and if not, why. Tries webgpu and cuda in processes of their own. */
export async function probeDevices(): Promise<DeviceStatus[]> {
  const [webgpu, cuda] = await Promise.all([
    statusOf('webgpu', requireWebgpu(), 'ONNX Runtime on a WebGPU adapter; it does not say whether that is a GPU or software'),
    statusOf('cuda', requireCuda(), 'ONNX Runtime on an NVIDIA GPU'),
  ])
  return [{ name: 'cpu', available: true, reason: 'ONNX Runtime on the CPU, always there' }, webgpu, cuda, probeTensorflow()]
}

async function statusOf(name: DeviceName, works: Promise<void>, reason: string): Promise<DeviceStatus> {
  return works.then(
    () => ({ name, available: true, reason }),
    (error: Error) => unavailable(name, error),
  )
}

function probeTensorflow(): DeviceStatus {
  try {
    const { package: name, gpu } = loadTensorflow()
    return { name: 'tensorflow', available: true, reason: `libtensorflow through ${name}, on the ${gpu ? 'GPU' : 'CPU'}` }
  } catch (error) {
    return unavailable('tensorflow', error as Error)
  }
}

function unavailable(name: DeviceName, error: Error): DeviceStatus {
  const hint = error instanceof DfkError ? error.hint : undefined
  return { name, available: false, reason: error.message, ...(hint !== undefined && { hint }) }
}

/** Opens a device by name, or with `auto` the fastest that is known to be a GPU here, else the CPU. */
export async function openDevice(name: DeviceName | 'auto', options: DeviceOptions = {}): Promise<Device> {
  switch (name) {
    case 'auto':
      return openFastest(options)
    case 'cpu':
      return openCpu('asked for', options)
    case 'tensorflow':
      return openTensorflow('asked for')
    case 'webgpu':
      return openWebgpu('asked for')
    case 'cuda':
      return openCuda('asked for')
    default:
      throw new DfkError(`expected a device (auto, cpu, webgpu, cuda, tensorflow) but found "${name satisfies never}"`)
  }
}

/**
 * Libtensorflow where it sees a GPU, then cuda, then the CPU. webgpu only when asked for: ONNX Runtime does not say whether its adapter is
 * a GPU or a software driver, which is far slower than the CPU device. Where there is no NVIDIA driver, nothing is tried that takes time.
 */
async function openFastest(options: DeviceOptions): Promise<Device> {
  if (seesGpu()) return openTensorflow('libtensorflow sees a GPU')
  if (!hasCudaBuild() || !hasNvidiaDriver()) return openCpu('no NVIDIA GPU was found; --device webgpu uses others', options)
  try {
    return await openCuda('an NVIDIA GPU is here')
  } catch (error) {
    return openCpu(`the NVIDIA GPU is of no use yet, see dfk doctor: ${(error as Error).message}`, options)
  }
}

function seesGpu(): boolean {
  try {
    return loadTensorflow().gpu
  } catch {
    return false
  }
}
