export { openDevice, probeDevices } from './devices.ts'
export { exportOnnx } from './model.ts'
export { tf } from './tf.ts'
export type {
  CompileOptions,
  Device,
  DeviceName,
  DeviceOptions,
  DeviceStatus,
  DType,
  HostTensor,
  HostTensors,
  Precision,
  Program,
  ProgramFn,
  ProgramSource,
  Signature,
  TensorMap,
  TensorSpec,
} from './types.ts'
