import { readdir, readFile, rm, rmdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { ARCHITECTURES } from '../models/generator.ts'
import { OPTIMIZERS } from '../models/optimizer.ts'
import { DfkError, UsageError } from '../work/errors.ts'
import { makeFolder } from '../work/folder.ts'
import { syncFolder, writeWhole } from '../work/whole.ts'

const count = z.int().min(1)

/** Widths of the generator; see models/generator.ts. */
const generatorDims = z.object({
  sizePx: count,
  architecture: z.enum(ARCHITECTURES).optional(),
  encoder: z.array(count).length(4),
  code: count,
  landmarks: z.int().min(0),
  inner: count,
  decoder: z.array(count).length(4),
  /** How many of the four upscales, from the first, a residual block follows. */
  residuals: z.int().min(0).max(4),
})

/** Widths of the patch discriminator; see models/discriminator.ts. */
const discriminatorDims = z.object({
  base: count,
  depth: z.int().min(1).max(4),
  spectral: z.boolean().optional(),
  gain: z.number().positive().optional(),
  fine: z.number().min(0).optional(),
  swaps: z.boolean().optional(),
  code: z.int().min(0).optional(),
})

const weight = z.number().min(0)
/** Weights of the losses; see models/losses.ts. */
const losses = z.object({
  dssim: weight,
  pixels: weight,
  accents: weight,
  everywhere: weight,
  mask: weight,
  landmarks: weight,
  variation: weight,
  identity: weight,
  follow: weight,
  features: weight,
  code: weight,
})

/** How a run learns; see train/schedule.ts. */
const training = z.object({
  rate: z.number().positive(),
  /** Steps after which a run without a time limit slows down, and by which its phases are counted. */
  horizon: count,
  /** Share of the adversarial loss in the generator's; 0: no discriminator. */
  adversarialWeight: z.number().min(0),
  /** When the discriminator joins in, as a share of the horizon or of the minutes given. */
  adversarialFrom: z.number().min(0).max(1),
  /** The discriminator's learning rate, as a multiple of the generator's; half of it as older runs had it. */
  adversarialRate: z.number().positive().default(0.5),
  /** When averaging of the weights begins, likewise. */
  averageFrom: z.number().min(0).max(1),
  /** How far faces are turned, shifted and warped at first, 1 in full. */
  augmentation: z.number().min(0).max(1),
  /** When swaps are rendered and judged too, likewise. */
  swapFrom: z.number().min(0).max(1).default(1),
  optimizer: z.enum(OPTIMIZERS).default('adam'),
  /** Share of the weights that move in a step (learning-rate dropout); 1: all. */
  rateShare: z.number().positive().max(1).default(1),
  /** How often the input is lit from another side, has lost to a codec or camera, and is covered in part; 0 as older runs had it. */
  light: z.number().min(0).max(1).default(0),
  compression: z.number().min(0).max(1).default(0),
  occluders: z.number().min(0).max(1).default(0),
  /** How evenly poses and expressions are drawn: 0 each face alike, 1 each kind of face. */
  evenness: z.number().min(0).max(1).default(0),
})
export type Training = z.output<typeof training>

const party = z.object({
  dataset: z.string(),
  consentHash: z.string(),
  subject: z.string(),
  /** Mean of the training faces' descriptors; compared like any descriptor. */
  descriptor: z.array(z.number()).length(128),
  /** See train/faceset.ts; runs begun with an older version have one without `list:` before it, over all pictures. */
  facesSha256: z.string(),
  faces: z.int().min(0),
})

const runConfig = z.object({
  schema: z.literal(1),
  name: z.string().min(1),
  preset: z.string(),
  generator: generatorDims,
  discriminator: discriminatorDims,
  /** Size of the generator's pictures. */
  sizePx: count,
  /** How the aligned faces are cut out of a frame; a swap must cut them in the same way. */
  framing: z.string(),
  landmarks: z.enum(['facemesh', 'face-api']),
  seed: z.int().min(0),
  /** Faces of each person in a step. */
  batch: count,
  /** In how many parts a step takes its batch, one after the other, to need less memory. */
  accumulate: count.default(1),
  /** float16: products in half precision, weights and everything else in float32. */
  precision: z.enum(['float32', 'float16']).default('float32'),
  flip: z.boolean(),
  training,
  /** What the run is to be best at, which decided the weights of its losses; absent in runs older than these. */
  style: z.string().default('balanced'),
  losses: losses.optional(),
  /** The base weights that it began with: their SHA-256; absent: from scratch. */
  base: z.string().optional(),
  source: party,
  target: party,
})
/** `config.json`: what stays the same for the whole life of a run. */
export type RunConfig = z.output<typeof runConfig>

/** A training run on disk. */
export interface Run {
  readonly name: string
  /** Absolute path of the folder. */
  readonly folder: string
  readonly config: RunConfig
}

/** The records that a run was trained under, as its weights carry them wherever they go. */
export function consentOf({ source, target }: Pick<RunConfig, 'source' | 'target'>): Record<string, string> {
  return { 'consent.source': source.consentHash, 'consent.target': target.consentHash }
}

/** The folder that a name or path stands for: a plain name lies in `<home>/checkpoints`, anything with a separator is a path. */
export function runFolder(home: string, name: string): string {
  if (name.trim() === '')
    throw new UsageError('expected the name of a run but found an empty one', { hint: 'dfk train my-run --source alice --target bob' })
  if (name === '.' || name === '..' || /[/\\]/.test(name)) return resolve(name)
  return join(home, 'checkpoints', name)
}

/** Whether a run is there. */
export async function runExists(home: string, name: string): Promise<boolean> {
  return stat(join(runFolder(home, name), 'config.json')).then(
    (found) => found.isFile(),
    () => false,
  )
}

/** Opens a run; throws DfkError where there is none or its config does not read. */
export async function openRun(home: string, name: string): Promise<Run> {
  const folder = runFolder(home, name)
  const path = join(folder, 'config.json')
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
    throw new DfkError(`expected a training run at ${folder} but found none`, {
      hint: `make one: dfk train ${basename(folder)} --source <dataset> --target <dataset>`,
    })
  })
  return { name: basename(folder), folder, config: parseConfig(text, path) }
}

/** Makes the folder of a run with the texts of both signed consent records, or brings those of an older one up to date; `config.json` comes last. */
export async function saveRun(
  folder: string,
  config: RunConfig,
  consent: { readonly source: string; readonly target: string },
): Promise<Run> {
  const isNew = !(await runExists('', folder))
  const inside = (...names: string[]) => join(folder, ...names)
  try {
    await makeFolder(inside('consent'))
    await makeFolder(inside('previews'))
    await writeWhole(inside('consent', 'source.json'), consent.source)
    await writeWhole(inside('consent', 'target.json'), consent.target)
    await writeWhole(inside('config.json'), `${JSON.stringify(config, null, 2)}\n`)
    if (isNew) await syncFolder(dirname(folder))
  } catch (error) {
    // Nothing stays of a run that could not begin.
    if (isNew) await discardRun(folder)
    throw error
  }
  return { name: basename(folder), folder, config }
}

/** Files and folders that a run without a checkpoint consists of. */
const MADE = ['config.json', 'coverage.json', 'stats.jsonl', 'validations.jsonl', 'train.html']
const CONSENT = ['source.json', 'target.json']
const PREVIEW = /^step-\d+\.png$/

/** Removes what `saveRun` and a training made of a run that has no checkpoint yet, and nothing else: folders only once they are empty. */
export async function discardRun(folder: string): Promise<void> {
  const previews = (await readdir(join(folder, 'previews')).catch(() => [])).filter((name) => PREVIEW.test(name))
  const files = [...MADE, ...CONSENT.map((name) => join('consent', name)), ...previews.map((name) => join('previews', name))]
  for (const file of files) await rm(join(folder, file), { force: true })
  for (const name of ['consent', 'previews']) await rmdir(join(folder, name)).catch(() => {})
}

/** Throws DfkError where the folder for a new run holds anything that is not of a run which could not begin. */
export async function requireOwnFolder(folder: string): Promise<void> {
  const known = new Set([...MADE, 'consent', 'previews', 'lock'])
  const foreign = (await readdir(folder).catch(() => [])).filter((name) => !known.has(name) && !name.endsWith('.part'))
  const consent = (await readdir(join(folder, 'consent')).catch(() => [])).filter(
    (name) => !CONSENT.includes(name) && !name.endsWith('.part'),
  )
  const [first] = [...foreign, ...consent.map((name) => join('consent', name))]
  if (first === undefined) return
  throw new DfkError(`expected an empty folder, or none, for the new run at ${folder} but it holds ${first}`, {
    hint: 'give the run a name of its own: dfk train my-run',
  })
}

/** Path of the consent record that the run was trained under. */
export function runConsentPath(run: Run, role: 'source' | 'target'): string {
  return join(run.folder, 'consent', `${role}.json`)
}

function parseConfig(text: string, path: string): RunConfig {
  const hint = 'train again under another name, or restore the file'
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new DfkError(`expected JSON in ${path} but it does not parse`, { hint, cause })
  }
  const parsed = runConfig.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new DfkError(`expected the config of a run in ${path} but ${issue?.path.join('.') ?? 'it'}: ${issue?.message ?? 'is invalid'}`, {
    hint,
  })
}

/** What a run's discriminator weighs once it is there; 0: it has none, now or later. */
export function discriminatorWeight({
  adversarialWeight,
  adversarialFrom,
}: Pick<Training, 'adversarialWeight' | 'adversarialFrom'>): number {
  return adversarialFrom < 1 ? adversarialWeight : 0
}

/** Whether a run has a discriminator, now or later. */
export function hasDiscriminator(training: Pick<Training, 'adversarialWeight' | 'adversarialFrom'>): boolean {
  return discriminatorWeight(training) > 0
}
