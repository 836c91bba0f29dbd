import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'

const STEP_FOLDER = /^step-(\d+)(\.old)?$/
const HALF_WRITTEN = /^step-\d+\.part$/

/** A folder of a run that holds a checkpoint, whole or damaged. */
export interface StepFolder {
  readonly name: string
  /** Steps trained by then. */
  readonly step: number
  /** Moved aside for another of the same step, which takes its place in the next instant. */
  readonly aside: boolean
}

/** The name of the folder of a checkpoint after `step` steps. */
export function stepName(step: number): string {
  return `step-${String(step).padStart(6, '0')}`
}

/** The checkpoints of a run, newest first; one moved aside comes after the one in its place. */
export async function stepFolders(folder: string): Promise<StepFolder[]> {
  const found = (await readdir(folder)).flatMap((name): StepFolder[] => {
    const match = STEP_FOLDER.exec(name)
    return match === null ? [] : [{ name, step: Number(match[1]), aside: match[2] !== undefined }]
  })
  return found.sort((a, b) => b.step - a.step || Number(a.aside) - Number(b.aside))
}

/** Whether a run's folder is there and holds a checkpoint, whole or not. */
export async function hasCheckpoint(folder: string): Promise<boolean> {
  return existsSync(folder) && (await stepFolders(folder)).length > 0
}

/** Names of what a kill left half written. */
export async function halfWritten(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => HALF_WRITTEN.test(name))
}
