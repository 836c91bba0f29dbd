import { type DeviceName, type DeviceStatus, openDevice, probeDevices, tf } from '../tensor/index.ts'

/** Computes something trivial; throws where the device's native code does not load or does not compute right. */
async function tryOut(name: DeviceName): Promise<void> {
  const device = await openDevice(name)
  const program = await device.compile(({ x }) => ({ outputs: { y: tf.add(tf.mul(x!, 2), 1) } }), { inputs: { x: { shape: [2] } } })
  const { y } = await program.run({ x: { data: Float32Array.of(1, 2), shape: [2] } })
  await program.dispose()
  const found = Array.from(y!.data)
  if (found[0] !== 3 || found[1] !== 5) throw new Error(`expected 2·[1, 2] + 1 = [3, 5] but found [${found.join(', ')}]`)
}

/** Asks every device whether it is available, and tries out those that say so. */
export async function checkDevices(): Promise<DeviceStatus[]> {
  const devices: DeviceStatus[] = []
  for (const status of await probeDevices()) devices.push(status.available ? await tried(status) : status)
  return devices
}

function tried(status: DeviceStatus): Promise<DeviceStatus> {
  return tryOut(status.name).then(
    () => status,
    (error: Error) => ({ ...status, available: false, reason: `does not run: ${error.message}` }),
  )
}
