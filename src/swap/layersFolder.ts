import { appendFile, copyFile, link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { joinPlates, type MediaInfo, requireProres } from '../media/index.ts'
import { stampOutput } from '../provenance/index.ts'
import { checkInterrupted, UsageError } from '../work/errors.ts'
import { makeFolder } from '../work/folder.ts'
import { hashFile } from '../work/hashFile.ts'
import { syncFolder } from '../work/whole.ts'
import type { RenderJob } from './job.ts'
import { FRAMES_FILE, type LayersPlan, layersOf, PLATES_PART, platePlan } from './layers.ts'
import { aboutLayers } from './layersAbout.ts'
import { provenanceOf } from './mark.ts'
import type { Job } from './output.ts'
import type { NamedSwap } from './session.ts'

const ABOUT_FILE = 'layers.json'
const PLATES_FILE = 'plates.mov'
/** Hash and name of each picture of a sequence, as sha256sum writes them; this is what is signed. */
const SUMS_FILE = 'frames.sha256'

/** Names that layers' files have: nothing else is ever replaced. */
const OWN_NAMES = /^(?:layers\.json|frames\.jsonl|frames\.sha256|plates\.mov|frame_\d{6,}\.(?:png|exr))(?:\.c2pa)?$/

/** Layers of a whole clip, ready but not yet in their place. */
export interface PreparedLayers {
  /** Gives them their place, instead of what was there. */
  place(): Promise<void>
}

async function namesIn(folder: string): Promise<string[] | undefined> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new UsageError(`--layers: expected a folder but found ${folder}`, { hint: 'choose another name', cause: error })
  })
}

/** Throws UsageError where the folder holds anything but layers, DfkError where this ffmpeg cannot write them. */
export async function checkLayers(folder: string, { format }: LayersPlan, output: string): Promise<void> {
  if (resolve(folder) === resolve(dirname(output)))
    throw new UsageError('--layers: expected a folder of its own but found that of the output', {
      hint: `--layers ${join(folder, 'layers')}`,
    })
  const names = await namesIn(folder)
  const stranger = names?.find((name) => !OWN_NAMES.test(name))
  if (names !== undefined && names.length > 0 && (!names.includes(ABOUT_FILE) || stranger !== undefined))
    throw new UsageError(
      `--layers: expected a new or empty folder, or one of layers, but ${folder} holds ${stranger ?? 'something else'}`,
      {
        hint: 'choose another name',
      },
    )
  if (format === 'prores') await requireProres()
}

/** A second name for a file, or where the disk has none, a copy. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to))
}

/** Brings the pictures of all segments into one folder and lists their hashes. */
async function collectSequence(folders: readonly string[], part: string, signal: AbortSignal | undefined): Promise<void> {
  for (const folder of folders) {
    const sums: string[] = []
    for (const name of (await readdir(folder)).sort()) {
      if (name === FRAMES_FILE) continue
      checkInterrupted(signal)
      await linkOrCopy(join(folder, name), join(part, name))
      sums.push(`${await hashFile(join(folder, name))}  ${name}\n`)
    }
    await appendFile(join(part, SUMS_FILE), sums.join(''))
  }
}

/** What the layers of a clip are made of. */
interface LayersJob {
  readonly session: NamedSwap
  readonly job: Job
  readonly rendering: RenderJob
  readonly info: MediaInfo
  readonly plan: LayersPlan
  readonly folder: string
  readonly signal?: AbortSignal | undefined
}

/** Signs the plates of a clip, under the id of the merged one: its sequence by the list of hashes. */
async function sign({ session, job, rendering }: LayersJob, file: string): Promise<void> {
  const provenance = provenanceOf(session, job, rendering.state.outputId)
  await stampOutput({ ...provenance, file, title: `layers of ${basename(job.output)}` })
}

async function fill(part: string, layers: LayersJob): Promise<void> {
  const { rendering, info, plan, job, session, signal } = layers
  const { done } = rendering
  const folders = done.map(({ number }) => layersOf(rendering.pathOf(number)))
  for (const folder of folders) await appendFile(join(part, FRAMES_FILE), await readFile(join(folder, FRAMES_FILE)))
  const file = join(part, plan.format === 'prores' ? PLATES_FILE : SUMS_FILE)
  if (plan.format === 'prores') {
    const segments = done.map(({ startS }, i) => ({ path: join(folders[i]!, PLATES_PART), startS }))
    await joinPlates(platePlan(info), segments, { file, output: layers.folder, startS: done[0]!.startS, signal })
  } else await collectSequence(folders, part, signal)
  const first = JSON.parse((await readFile(join(folders[0]!, FRAMES_FILE), 'utf8')).split('\n', 1)[0]!) as { frame: number }
  const frames = { first: first.frame, count: done.reduce((sum, each) => sum + each.frames, 0), startS: done[0]!.startS }
  const by = { outputId: rendering.state.outputId, provider: session.request.provider }
  const about = aboutLayers({ plan, info, frames, ...by })
  const named = { merged: basename(job.output), footage: { name: basename(job.path), sha256: session.footage.get(job.path) } }
  await writeFile(join(part, ABOUT_FILE), `${JSON.stringify({ ...named, ...about }, null, 2)}\n`)
  await sign(layers, file)
}

/** Makes the layers of a clip, all of whose segments are rendered, beside their place. Whatever fails, nothing of them stays. */
export async function prepareLayers(layers: LayersJob): Promise<PreparedLayers> {
  const { folder } = layers
  const beside = (kind: string) => join(dirname(resolve(folder)), `.${basename(resolve(folder))}.${kind}`)
  const [part, old] = [beside('part'), beside('old')]
  await rm(part, { recursive: true, force: true })
  await makeFolder(part)
  try {
    await fill(part, layers)
    await syncFolder(part)
  } catch (error) {
    await rm(part, { recursive: true, force: true })
    throw error
  }
  return {
    async place() {
      await rm(old, { recursive: true, force: true })
      if ((await namesIn(folder)) !== undefined) await rename(folder, old)
      await rename(part, folder)
      await syncFolder(dirname(resolve(folder)))
      await rm(old, { recursive: true, force: true })
    },
  }
}
