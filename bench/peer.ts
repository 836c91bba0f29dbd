import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { DfkError } from '../src/work/errors.ts'

/** Which script of scripts/torch, and what it is told. */
export interface PeerRequest {
  readonly script: 'train_step.py' | 'generator.py' | 'detector_step.py'
  readonly settings: Readonly<Record<string, unknown>>
  /** How many weights our network has, for the peer's to have as many. */
  readonly parameters: number
}

/** What a process took of memory at most, bytes. */
export interface Memory {
  readonly peakBytes: number
  /** With its libraries loaded, before there was a network. */
  readonly bytesBefore: number
}

/** PyTorch in a process of its own, which takes steps when asked. */
export interface Peer {
  /** Such as `torch 2.13.0`. */
  readonly version: string
  readonly parameters: number
  /** Takes `count` steps and returns the milliseconds of each. */
  steps(count: number): Promise<number[]>
  /** The most memory that its process had at once up to the last step, and before it made its network; undefined where its system does not say. */
  memory(): Memory | undefined
  close(): void
}

/** Starts the peer with the interpreter `python`. Throws DfkError where it has no torch, or a network of another size than ours. */
export async function startPeer(python: string, { script, settings, parameters }: PeerRequest): Promise<Peer> {
  const path = fileURLToPath(new URL(`../scripts/torch/${script}`, import.meta.url))
  const child = spawn(python, ['-B', path, JSON.stringify(settings)], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.on('error', () => {}) // it ended: the answer that does not come says so
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  const hint = 'give --python an interpreter that can import torch'
  const answer = async (): Promise<unknown> => {
    const { value, done } = await Promise.race([lines.next(), failed]).catch((cause: Error) => {
      throw new DfkError(`expected --python to name an interpreter but found ${python}, which does not start`, { hint, cause })
    })
    if (done) throw new DfkError(`expected ${python} to run ${script} but it ended`, { hint })
    return JSON.parse(value)
  }
  const hello = (await answer()) as { torch: string; parameters: number; bytesBefore: number | null }
  const close = () => child.stdin.end()
  if (hello.parameters !== parameters) {
    close()
    throw new DfkError(`expected the peer's network to have our ${parameters} parameters but found ${hello.parameters}`, {
      hint: 'bring scripts/torch up to date with src/models',
    })
  }
  let peakBytes: number | null = null
  return {
    version: `torch ${hello.torch}`,
    parameters: hello.parameters,
    steps: async (count) => {
      child.stdin.write(`${count}\n`)
      const said = (await answer()) as { ms: number[]; peakBytes: number | null }
      peakBytes = said.peakBytes
      return said.ms
    },
    memory: () => (peakBytes === null ? undefined : { peakBytes, bytesBefore: hello.bytesBefore ?? 0 }),
    close,
  }
}
