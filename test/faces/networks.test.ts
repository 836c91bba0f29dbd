import { rmSync } from 'node:fs'
import { afterEach, expect, it, vi } from 'vitest'
import { IRIS } from '../../src/faces/iris.ts'
import { JUDGE } from '../../src/faces/judge.ts'
import { MESH } from '../../src/faces/mesh.ts'
import { MAX_BATCH, type Network, openNetwork } from '../../src/faces/networks.ts'
import { RECOGNISER } from '../../src/faces/recogniser.ts'
import { SSD } from '../../src/faces/ssd.ts'
import { HUMAN } from '../../src/faces/weights.ts'
import { decodeFrames } from '../../src/media/index.ts'
import { resizePicture } from '../../src/picture/resize.ts'
import { type Device, openDevice, type ProgramFn, tf } from '../../src/tensor/index.ts'
import { sampleVideo, scratchFolder } from '../support/data.ts'

/** Frames of a clip, as large as the network wants them, in `low`…`high`. */
async function pictures(count: number, { sizePx }: Network, low: number, high: number): Promise<Float32Array[]> {
  const made: Float32Array[] = []
  for await (const { picture } of decodeFrames(sampleVideo('franck.mp4'), { every: 3, maxFrames: count })) {
    const bytes = resizePicture(picture, sizePx, sizePx).data
    made.push(Float32Array.from(bytes, (byte) => low + (byte / 255) * (high - low)))
  }
  return made
}

it.each([
  [SSD, -1, 1],
  [MESH, 0, 1],
  [RECOGNISER, 0, 255],
  [JUDGE, 0, 255],
])('$name sees in a batch what it sees one by one', { timeout: 60_000 }, async (network, low, high) => {
  const open = openNetwork(await openDevice('cpu'), network)
  const many = await pictures(5, network, low, high)
  const together = await open.look(many)
  expect(together).toHaveLength(5)
  for (const [i, picture] of many.entries()) {
    const [alone] = await open.look([picture])
    for (const [name, values] of Object.entries(alone!)) {
      expect(together[i]![name]).toHaveLength(values.length)
      const worst = values.reduce((most, value, at) => Math.max(most, Math.abs(value - together[i]![name]![at]!)), 0)
      expect(worst).toBeLessThan(1e-4)
    }
  }
  expect(together[0]).not.toEqual(together[4])
  await open.dispose()
})

/** Until the test ends, compiled programs are kept in a folder of its own. */
function cacheOfItsOwn(): void {
  const folder = scratchFolder('compiled')
  vi.stubEnv('DFK_CACHE', folder)
  cleanUp.push(() => rmSync(folder, { recursive: true, force: true }))
}

const cleanUp: (() => void)[] = []
afterEach(() => {
  vi.unstubAllEnvs()
  for (const end of cleanUp.splice(0)) end()
})

it.each([SSD, MESH, RECOGNISER, JUDGE, IRIS])(
  '$name is kept compiled: the next process loads no weights and sees the same, bit for bit',
  async (network) => {
    cacheOfItsOwn()
    const device = await openDevice('cpu')
    const some = await pictures(1, network, 0, 1)
    const first = openNetwork(device, network)
    const seen = await first.look(some)
    await first.dispose()
    const again = openNetwork(device, { ...network, load: () => Promise.reject(new Error('loaded again')) })
    expect(await again.look(some)).toEqual(seen)
    await again.dispose()
    const plain = openNetwork({ ...device, compile: (source, signature) => device.compile(source, signature) }, network)
    expect(await plain.look(some)).toEqual(seen)
    await plain.dispose()
  },
)

/** A device that notes the shapes it compiles for, and how many programs live. */
function countingDevice(device: Device): { readonly device: Device; readonly batches: number[]; live: number } {
  const counts = {
    batches: [] as number[],
    live: 0,
    device: {
      ...device,
      async compile(...args: Parameters<Device['compile']>) {
        counts.batches.push(args[1].inputs['pictures']!.shape[0]!)
        counts.live += 1
        const program = await device.compile(...args)
        const dispose = () => {
          counts.live -= 1
          return program.dispose()
        }
        return Object.assign(Object.create(program), { run: program.run.bind(program), dispose })
      },
    } satisfies Device,
  }
  return counts
}

it('loads once, compiles once a shape and only a few shapes, and disposes of them all', async () => {
  cacheOfItsOwn()
  let loads = 0
  let held = 1
  const twice: ProgramFn = ({ pictures: p }) => ({ outputs: { sums: tf.mul(tf.sum(p!, [1, 2, 3]), 2) } })
  const load = async () => {
    loads += 1
    const dispose = () => {
      held -= 1
    }
    return Object.assign(twice, { dispose })
  }
  const counts = countingDevice(await openDevice('cpu'))
  const open = openNetwork(counts.device, { name: 'sums', sizePx: 2, pack: HUMAN, load })
  const looks = async (n: number) => {
    const seen = await open.look(Array.from({ length: n }, (_, i) => new Float32Array(12).fill(i)))
    expect(seen.map(({ sums }) => sums![0])).toEqual(Array.from({ length: n }, (_, i) => 24 * i))
  }
  await Promise.all([looks(0), looks(1), looks(7), looks(2 * MAX_BATCH + 3), looks(1), looks(8)])
  expect(loads).toBe(1)
  expect(counts.batches.toSorted((a, b) => a - b)).toEqual([1, 2, 4, 8])
  expect(counts.live).toBe(4)
  await open.dispose()
  expect([counts.live, held]).toEqual([0, 0])
})
