import { DfkError } from '../work/errors.ts'
import { openCpu } from './cpu.ts'
import type { Device, DeviceName, DeviceOptions, DeviceStatus } from './types.ts'

/** Says of every device whether it works on this machine, and if not, why. */
export async function probeDevices(): Promise<DeviceStatus[]> {
  return [
    { name: 'cpu', available: true, reason: 'ONNX Runtime on the CPU, always there' },
    { name: 'webgpu', available: false, reason: 'not built into this version yet' },
    { name: 'cuda', available: false, reason: 'not built into this version yet' },
    { name: 'tensorflow', available: false, reason: 'not built into this version yet' },
  ]
}

/** Opens a device by name, or with `auto` the fastest that works here; `reason` on the device says why. */
export async function openDevice(name: DeviceName | 'auto', options: DeviceOptions = {}): Promise<Device> {
  if (name === 'auto') return openCpu('no GPU found', options)
  if (name === 'cpu') return openCpu('asked for', options)
  const status = (await probeDevices()).find((device) => device.name === name)
  throw new DfkError(`expected the device "${name}" to work here but found: ${status?.reason ?? 'unknown device'}`, {
    hint: 'use --device cpu, or see dfk doctor',
  })
}
