import { DfkError } from '../work/errors.ts'
import { openCpu } from './cpu.ts'
import { loadTensorflow, openTensorflow } from './tensorflow.ts'
import type { Device, DeviceName, DeviceOptions, DeviceStatus } from './types.ts'

const NOT_YET = 'not built into this version yet'

/** Says of every device whether it works on this machine, and if not, why. */
export async function probeDevices(): Promise<DeviceStatus[]> {
  return [
    { name: 'cpu', available: true, reason: 'ONNX Runtime on the CPU, always there' },
    { name: 'webgpu', available: false, reason: NOT_YET },
    { name: 'cuda', available: false, reason: NOT_YET },
    probeTensorflow(),
  ]
}

function probeTensorflow(): DeviceStatus {
  try {
    const { package: name, gpu } = loadTensorflow()
    return { name: 'tensorflow', available: true, reason: `libtensorflow through ${name}, on the ${gpu ? 'GPU' : 'CPU'}` }
  } catch (error) {
    return { name: 'tensorflow', available: false, reason: (error as Error).message }
  }
}

/** Opens a device by name, or with `auto` the fastest that works here: libtensorflow where it sees a GPU, else the CPU. */
export async function openDevice(name: DeviceName | 'auto', options: DeviceOptions = {}): Promise<Device> {
  switch (name) {
    case 'auto':
      return seesGpu() ? openTensorflow('libtensorflow sees a GPU') : openCpu('no GPU that dfk can use was found', options)
    case 'cpu':
      return openCpu('asked for', options)
    case 'tensorflow':
      return openTensorflow('asked for')
    case 'webgpu':
    case 'cuda':
      throw new DfkError(`expected the device "${name}" to work here but found: ${NOT_YET}`, {
        hint: 'use --device cpu, or see dfk doctor',
      })
    default:
      throw new DfkError(`expected a device (auto, cpu, webgpu, cuda, tensorflow) but found "${name satisfies never}"`)
  }
}

function seesGpu(): boolean {
  try {
    return loadTensorflow().gpu
  } catch {
    return false
  }
}
