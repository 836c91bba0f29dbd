import { JUDGE } from '../src/faces/judge.ts'
import { MESH } from '../src/faces/mesh.ts'
import { MAX_BATCH, type Network, type OpenNetwork, openNetwork } from '../src/faces/networks.ts'
import { RECOGNISER } from '../src/faces/recogniser.ts'
import { SSD } from '../src/faces/ssd.ts'
import type { Device } from '../src/tensor/index.ts'
import { checkInterrupted } from '../src/work/errors.ts'
import type { Row } from './benchmark.ts'
import { medianOf, randomFrom, sizeOf, timed } from './sampling.ts'

/** One network at one batch size, without what comes before and after it. */
export interface NetworkTime {
  readonly network: string
  readonly batch: number
  /** A picture, median. */
  readonly ms: number
  /** To load (at the first batch size), compile and look for the first time. */
  readonly firstMs: number
  /** What a picture should stay below, on two cores. */
  readonly targetMs?: number
}

/** The face networks; all of them take any batch. Targets are for one picture on two cores. */
const SUBJECTS: readonly (readonly [Network, targetMs?: number])[] = [[SSD, 100], [MESH, 8], [RECOGNISER, 20], [JUDGE]]
const BATCHES = [1, MAX_BATCH]
/** Looks of each a round. */
const LOOKS = 4

interface Subject {
  readonly network: Network
  readonly open: OpenNetwork
  readonly batch: number
  readonly targetMs: number | undefined
  readonly pictures: readonly Float32Array[]
  readonly firstMs: number
}

async function openSubjects(device: Device, network: Network, targetMs: number | undefined): Promise<Subject[]> {
  const open = openNetwork(device, network)
  const random = randomFrom(4)
  const size = sizeOf([network.sizePx, network.sizePx, 3])
  const all = Array.from({ length: MAX_BATCH }, () => Float32Array.from({ length: size }, random))
  const subjects: Subject[] = []
  for (const batch of BATCHES) {
    const pictures = all.slice(0, batch)
    const firstMs = await timed(() => open.look(pictures))
    subjects.push({ network, open, batch, pictures, firstMs, targetMs: batch === 1 ? targetMs : undefined })
  }
  return subjects
}

/** Milliseconds a picture of each face network alone, one by one and in batches, which take turns. */
export async function measureNetworks(device: Device, rounds: number, signal: AbortSignal): Promise<NetworkTime[]> {
  const found: NetworkTime[] = []
  for (const [network, targetMs] of SUBJECTS) {
    const subjects = await openSubjects(device, network, targetMs)
    const times = subjects.map((): number[] => [])
    for (let round = 0; round < rounds; round += 1) {
      checkInterrupted(signal)
      for (const [i, { open, pictures, batch }] of subjects.entries()) {
        for (let look = 0; look < LOOKS; look += 1) times[i]!.push((await timed(() => open.look(pictures))) / batch)
      }
    }
    subjects.forEach(({ batch, firstMs, targetMs: target }, i) => {
      found.push({ network: network.name, batch, ms: medianOf(times[i]!), firstMs, ...(target !== undefined && { targetMs: target }) })
    })
    await subjects[0]!.open.dispose()
  }
  return found
}

/** A line for each, with its target and what tfjs-node took for the same. */
export function networkRows(device: string, ours: readonly NetworkTime[], others: readonly NetworkTime[] = []): Row[] {
  return ours.map(({ network, batch, ms, firstMs, targetMs }) => {
    const other = others.find((time) => time.network === network && time.batch === batch)
    const target = targetMs === undefined ? '' : `, target below ${targetMs}`
    const beside = other === undefined ? '' : `; tfjs-node ${other.ms.toFixed(1)}`
    return [
      `dfk, ${device}: ${network} alone, batch ${batch}`,
      `${ms.toFixed(1).padStart(8)} ms a picture${target}${beside}; first look ${firstMs.toFixed(0)} ms`,
    ]
  })
}
