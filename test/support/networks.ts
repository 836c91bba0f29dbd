import type { Device, Program } from '../../src/tensor/index.ts'

/** A device that compiles the networks which look at faces once for all trainings of a test file: they have no state that one could leave to the next. */
export function keepingNetworks(device: Device): Device {
  const kept = new Map<string, Promise<Program>>()
  const compile: Device['compile'] = async (fn, signature, options) => {
    // A network without a name has the weights of one run among others: it is nobody else's.
    if (signature.state !== undefined || options?.name === undefined) return device.compile(fn, signature, options)
    const key = JSON.stringify([options.name, signature])
    const compiled = kept.get(key) ?? device.compile(fn, signature, options)
    kept.set(key, compiled)
    const program = await compiled
    return {
      memoryBytes: program.memoryBytes,
      run: (inputs) => program.run(inputs),
      runMany: (inputs) => program.runMany(inputs),
      readState: () => program.readState(),
      writeState: (state) => program.writeState(state),
      // It goes with the process.
      dispose: async () => {},
    }
  }
  return { ...device, compile }
}
