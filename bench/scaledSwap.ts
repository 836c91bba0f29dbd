import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { swapOptions } from '../src/commands/swap-options.ts'
import { renderOptionsOf, requestOf } from '../src/commands/swap-request.ts'
import { findFfmpeg, hashFootage } from '../src/media/index.ts'
import { FACE_BATCH } from '../src/swap/render.ts'
import { openSession, type PermittedSwap, permit } from '../src/swap/session.ts'
import { swapFile } from '../src/swap/swap.ts'
import type { Progress } from '../src/work/progress.ts'

const run = promisify(execFile)

/** The picture of a clip at another size, such as 1280x720. */
export async function scaleClip(clip: string, size: string, output: string): Promise<void> {
  const { path } = await findFfmpeg()
  const coding = ['-vf', `scale=${size.replace('x', ':')}:flags=lanczos`, '-c:v', 'libx264', '-crf', '17', '-preset', 'veryfast']
  await run(path, ['-v', 'error', '-i', clip, '-map', '0:v:0', ...coding, '-y', output])
}

/** What the records say of a clip that was made from another, which they know: what they say of that. `output`: where nothing else is. */
export async function permitScaled(
  home: string,
  from: string,
  clip: string,
  asked: { run: string; output: string; device: string },
): Promise<PermittedSwap> {
  const hash = await hashFootage(from)
  const job = { path: clip, kind: 'video', output: asked.output } as const
  return permit(
    requestOf(home, swapOptions.parse(asked), {}),
    [job],
    {},
    { hash: async () => hash, log: 'nothing', screen: async () => {} },
  )
}

/** One swap of a scaled clip, as `dfk swap` renders it; the output is removed. */
export async function swapScaled(
  home: string,
  name: string,
  from: string,
  clip: string,
  device: string,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void = () => {},
) {
  const output = join(home, 'swapped.mp4')
  const asked = { run: name, output, device }
  const startMs = performance.now()
  const session = await openSession(await permitScaled(home, from, clip, asked), FACE_BATCH, () => {})
  try {
    const options = await renderOptionsOf(swapOptions.parse(asked))
    const { frames, swapped, fps } = await swapFile(session, { path: clip, kind: 'video', output }, options, { signal, onProgress })
    return { frames, swapped, fps, wholeS: (performance.now() - startMs) / 1000 }
  } finally {
    await session.dispose()
    await rm(output, { force: true })
  }
}
