import { stat } from 'node:fs/promises'
import { type FaceAnalyser, unit } from '../faces/index.ts'
import { decodeFrames, expandInputs } from '../media/index.ts'
import { type Dataset, datasetExists, datasetFiles, openDataset } from '../store/dataset.ts'
import { checkInterrupted, DfkError, UsageError } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'
import { type Descriptors, describeDataset, meanDescriptors } from './identity.ts'

/** Faces of another person's dataset that are looked at. */
const MOST_FACES = 16
/** Faces smaller than this in a picture say too little of who it is. */
const SMALLEST_FACE_PX = 48

export interface OthersOptions extends WorkOptions {
  readonly home: string
  readonly source: Dataset
  readonly analyser: FaceAnalyser
}

/**
 * Describes other people by both recognisers: a dataset is one person, and so is each face of a picture (of a clip's first frame).
 * Throws UsageError for a dataset of the source's own subject, DfkError where a path shows no face.
 */
export async function describeOthers(names: readonly string[], { home, source, analyser, ...work }: OthersOptions): Promise<Descriptors[]> {
  const people: Descriptors[] = []
  for (const name of names) {
    if (await datasetExists(home, name)) people.push(await personOf(await openDataset(home, name), source, analyser, work))
    else people.push(...(await peopleIn(name, analyser, work)))
  }
  return people
}

/** The files that `describeOthers` reads, there or not. Throws DfkError for a folder without media. */
export async function filesOfOthers(names: readonly string[], home: string): Promise<string[]> {
  const files: string[] = []
  for (const name of names) {
    if (await datasetExists(home, name)) files.push(...(await datasetFiles(await openDataset(home, name))))
    else files.push(...(await filesAt(name)))
  }
  return files
}

async function filesAt(path: string): Promise<string[]> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true
  return isFolder ? (await expandInputs([path])).map((input) => input.path) : [path]
}

async function personOf(dataset: Dataset, source: Dataset, analyser: FaceAnalyser, work: WorkOptions): Promise<Descriptors> {
  const { subject } = dataset.manifest.consent
  if (subject === source.manifest.consent.subject)
    throw new UsageError(`--gallery: expected people other than the source but ${dataset.name} is of the same subject, ${subject}`, {
      hint: 'name datasets and pictures of others',
    })
  return meanDescriptors(await describeDataset(dataset, MOST_FACES, analyser, work))
}

async function peopleIn(path: string, analyser: FaceAnalyser, { signal, onProgress }: WorkOptions): Promise<Descriptors[]> {
  const inputs = await expandInputs([path], signal)
  const people: Descriptors[] = []
  for (const [i, input] of inputs.entries()) {
    checkInterrupted(signal)
    for await (const { picture } of decodeFrames(input.path, { maxFrames: 1, signal })) {
      for (const { landmarks } of await analyser.find(picture, { minSizePx: SMALLEST_FACE_PX })) {
        const judge = await analyser.judge(picture, landmarks)
        people.push({ judge, pipeline: unit(await analyser.descriptor(picture, landmarks)) })
      }
    }
    onProgress?.({ done: i + 1, total: inputs.length })
  }
  if (people.length > 0) return people
  throw new DfkError(`--gallery: expected faces of other people in ${path} but found none of ${SMALLEST_FACE_PX} px and more`, {
    hint: 'name a dataset, a picture or a folder of pictures',
  })
}
