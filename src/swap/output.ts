import { access, constants, rmdir, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path'
import { expandInputs, isVideoName, type MediaInput, writesPicture } from '../media/index.ts'
import { DfkError, UsageError } from '../work/errors.ts'
import { fileId } from '../work/fileId.ts'
import { makeFolder } from '../work/folder.ts'

/** One file to render and where the result goes. */
export interface Job extends MediaInput {
  readonly output: string
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map(fileId))
  return one !== undefined && one === other
}

function nameFor({ path, kind }: MediaInput, preview: boolean): string {
  const name = basename(path, extname(path))
  if (preview) return `${name}.png`
  if (kind === 'image') return writesPicture(path) ? basename(path) : `${name}.png`
  return isVideoName(path) ? basename(path) : `${name}.mp4`
}

async function checkPlace(job: Job, preview: boolean): Promise<void> {
  const { path, kind, output } = job
  const isPicture = kind === 'image' || preview
  const fits = isPicture ? writesPicture(output) : isVideoName(output)
  if (!fits) {
    const wanted = isPicture ? 'an image name (.png, .jpg, .webp, .tif, .avif)' : 'a video name (.mp4, .mov, .m4v, .mkv, .webm)'
    throw new UsageError(`-o: expected ${wanted} for ${preview ? 'the preview of ' : ''}${basename(path)} but found ${output}`, {
      hint: `name it like -o out${isPicture ? '.png' : '.mp4'}`,
    })
  }
  if (resolve(path) === resolve(output) || (await isSameFile(path, output)))
    throw new UsageError(`-o: expected another file than the footage but found ${output}`, { hint: 'dfk never writes over its input' })
}

/** Decides what is rendered to where; an existing output will be replaced, once the new one is whole. Throws UsageError where names do not fit. */
export async function planJobs(
  input: string,
  output: string,
  { preview = false, signal }: { preview?: boolean; signal?: AbortSignal } = {},
): Promise<Job[]> {
  const inputs = await expandInputs([input], signal)
  if (!(await isFolder(input))) {
    if (await isFolder(output))
      throw new UsageError(`-o: expected a file name but found the folder ${output}`, {
        hint: `-o ${join(output, nameFor(inputs[0]!, preview))}`,
      })
    const job = { ...inputs[0]!, output }
    await checkPlace(job, preview)
    return [job]
  }
  if (resolve(input) === resolve(output))
    throw new UsageError('-o: expected another folder than the footage is in', { hint: 'dfk never writes over its input' })
  const taken = new Set<string>()
  const jobs: Job[] = []
  for (const media of inputs) {
    // What an earlier call left in a folder inside the footage is no footage.
    if (resolve(media.path).startsWith(resolve(output) + sep)) continue
    const folder = join(output, relative(input, dirname(media.path)))
    const wanted = join(folder, nameFor(media, preview))
    const place = taken.has(wanted) ? join(folder, `${basename(media.path)}${extname(wanted)}`) : wanted
    taken.add(place)
    jobs.push({ ...media, output: place })
  }
  for (const job of jobs) await checkPlace(job, preview)
  return jobs
}

/** Makes sure that the folder of an output is there and may be written. A missing one is made for folders of footage only. */
export async function prepareFolder(job: Job, make: boolean): Promise<void> {
  const folder = dirname(resolve(job.output))
  if (make) await makeFolder(folder)
  if (!(await isFolder(folder)))
    throw new DfkError(`-o: expected the folder ${folder} but found none`, { hint: `make it first: mkdir -p "${folder}"` })
  await access(folder, constants.W_OK).catch((cause) => {
    throw new DfkError(`-o: expected to write into ${folder} but there is no permission`, { hint: 'choose another place', cause })
  })
}

/** Removes the folder of outputs that were not to be, if nothing else is in it. */
export async function dropFolder(folder: string): Promise<void> {
  await rmdir(folder).catch(() => {})
}
