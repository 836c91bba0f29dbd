import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** PyTorch in a process of its own, which takes steps when asked. */
export interface Peer {
  readonly version: string
  readonly parameters: number
  /** Takes `count` steps and returns the milliseconds of each. */
  steps(count: number): Promise<number[]>
  close(): void
}

/** Starts scripts/torch/train_step.py with the interpreter `python`, which must have torch. */
export async function startPeer(python: string, threads: number): Promise<Peer> {
  const script = fileURLToPath(new URL('../scripts/torch/train_step.py', import.meta.url))
  const child = spawn(python, [script, String(threads)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async (): Promise<unknown> => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`expected ${python} to run torch but it ended`)
    return JSON.parse(value)
  }
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  const hello = (await Promise.race([answer(), failed])) as { torch: string; parameters: number }
  return {
    version: hello.torch,
    parameters: hello.parameters,
    steps: async (count) => {
      child.stdin.write(`${count}\n`)
      return (await answer()) as number[]
    },
    close: () => {
      child.stdin.end()
    },
  }
}
