import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import {
  type DeviceName,
  exportOnnx,
  type HostTensors,
  openDevice,
  type Program,
  type ProgramFn,
  probeDevices,
  tf,
} from '../../src/tensor/index.ts'
import { hasSwiftshader, noVulkan, swiftshader } from '../support/swiftshader.ts'
import { expectClose, numbers } from './against.ts'
import { firstState, ganSignature, ganStep, inputsOf, stackedInputs } from './gan.ts'

// Of this file's process alone; the Vulkan loader reads it when the first session opens.
if (hasSwiftshader) Object.assign(process.env, swiftshader)

const STEPS = 20

interface Trained {
  readonly losses: readonly number[]
  readonly state: HostTensors
}

const open = async (device: DeviceName): Promise<Program> => (await openDevice(device)).compile(ganStep, ganSignature)

async function train(program: Program): Promise<Trained> {
  await program.writeState(firstState())
  const losses: number[] = []
  for (let k = 0; k < STEPS; k++) {
    const { g, d } = await program.run(inputsOf(k))
    losses.push(g!.data[0]!, d!.data[0]!)
  }
  return { losses, state: await program.readState() }
}

describe.skipIf(!hasSwiftshader)('webgpu (skipped without a software GPU: apt-get install chromium brings SwiftShader)', () => {
  it('says that it works', async () => {
    expect((await probeDevices()).find(({ name }) => name === 'webgpu')).toMatchObject({ available: true })
    expect((await openDevice('auto')).name).not.toBe('webgpu')
  })

  it('trains where the CPU trains to, with the same bits when its steps run in one call', async () => {
    const [gpu, cpu] = [await open('webgpu'), await open('cpu')]
    const [{ losses, state }, expected] = [await train(gpu), await train(cpu)]
    expectClose(losses, expected.losses, 'losses', 1e-3)
    for (const [name, { data, shape }] of Object.entries(expected.state)) {
      expect(state[name]!.shape).toEqual(shape)
      const worst = Math.max(...Array.from(data, (value, i) => Math.abs(value - state[name]!.data[i]!)))
      expect(worst, name).toBeLessThan(1e-3)
    }
    // The same program: its shaders take SwiftShader ten seconds to compile.
    await gpu.writeState(firstState())
    const { g, d } = await gpu.runMany(stackedInputs(STEPS))
    expect(g!.shape).toEqual([STEPS])
    expect(Array.from(g!.data).flatMap((value, k) => [value, d!.data[k]!])).toEqual(losses)
    expect(await gpu.readState()).toEqual(state)
    await Promise.all([gpu.dispose(), cpu.dispose()])
  })

  it('keeps state that no step changes, of every type, and takes new state in between', async () => {
    const device = await openDevice('webgpu')
    const program = await device.compile(
      ({ x }, { sum, by }) => ({ outputs: { by: by! }, state: { sum: tf.add(sum!, tf.mul(x!, by!)) } }),
      {
        inputs: { x: { shape: [2] } },
        state: { sum: { shape: [2] }, by: { shape: [] }, count: { shape: [2], dtype: 'int32' }, flag: { shape: [1], dtype: 'bool' } },
      },
    )
    const x = { x: { data: Float32Array.of(1, 2), shape: [2] } }
    await expect(program.run(x)).rejects.toThrow(/writeState/)
    const by = (value: number) => ({ by: { data: Float32Array.of(value), shape: [] } })
    const rest = { count: { data: Int32Array.of(5, -7), shape: [2] }, flag: { data: Uint8Array.of(1), shape: [1] } }
    await program.writeState({ sum: { data: Float32Array.of(10, 20), shape: [2] }, ...by(3), ...rest })
    expect((await program.run(x))['by']).toEqual({ data: Float32Array.of(3), shape: [] })
    expect(await program.readState()).toEqual({ sum: { data: Float32Array.of(13, 26), shape: [2] }, ...by(3), ...rest })
    await program.writeState(by(100))
    await program.run(x)
    expect(await program.readState()).toEqual({ sum: { data: Float32Array.of(113, 226), shape: [2] }, ...by(100), ...rest })
    await program.dispose()
  })

  it.each([3, 6, 9, 12])('convolves %i channels right, which ONNX Runtime in NHWC does not', async (channels) => {
    const filter = tf.tensor4d(numbers(9 * channels * 4, 1), [3, 3, channels, 4])
    const x = { x: { data: numbers(64 * channels, 2), shape: [1, 8, 8, channels] } }
    const fn: ProgramFn = (given) => ({ outputs: { y: tf.conv2d(given['x'] as tf.Tensor4D, filter, 1, 'same') } })
    const [gpu, cpu] = await Promise.all(
      (['webgpu', 'cpu'] as const).map(async (name) => {
        const program = await (await openDevice(name)).compile(fn, { inputs: { x: { shape: [1, 8, 8, channels] } } })
        const { y } = await program.run(x)
        await program.dispose()
        return y!.data
      }),
    )
    filter.dispose()
    expectClose(gpu!, cpu!)
  })

  it('leaves export as it was', async () => {
    const model = () => exportOnnx(({ x }) => ({ outputs: { y: tf.tanh(x!) } }), { inputs: { x: { shape: [3] } } })
    const before = model()
    await (await open('webgpu')).dispose()
    expect(model()).toEqual(before)
  })
})

describe.skipIf(process.platform !== 'linux')('webgpu without a Vulkan driver (Linux)', () => {
  it('is refused in words, by a process that lives on', () => {
    const tensor = fileURLToPath(new URL('../../src/tensor/index.ts', import.meta.url))
    const script = `
      import { openDevice } from ${JSON.stringify(tensor)}
      await openDevice('webgpu').catch(({ message, hint }) => console.log(message, '|', hint))
      console.log((await openDevice('cpu')).name)`
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      env: { ...process.env, ...noVulkan },
      encoding: 'utf8',
    })
    expect(stdout).toMatch(/^expected a WebGPU adapter but found none: .*Vulkan.* \| .*driver.*--device cpu\ncpu\n$/)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})
