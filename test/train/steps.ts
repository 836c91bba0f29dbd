import type { Device, HostTensors, Program } from '../../src/tensor/index.ts'

/** The device, but the steps of what it compiles are run by `run`. */
export function runningSteps(device: Device, run: (program: Program, inputs: HostTensors) => Promise<HostTensors>): Device {
  return {
    ...device,
    compile: async (...args) => {
      const program = await device.compile(...args)
      return {
        memoryBytes: program.memoryBytes,
        run: (inputs) => program.run(inputs),
        runMany: (inputs) => run(program, inputs),
        readState: () => program.readState(),
        writeState: (state) => program.writeState(state),
        dispose: () => program.dispose(),
      }
    },
  }
}
