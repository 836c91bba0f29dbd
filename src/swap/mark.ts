import { rm } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { recordOutput } from '../consent/index.ts'
import { type Label, type ManifestSummary, stampOutput } from '../provenance/index.ts'
import { hashFile } from '../work/hashFile.ts'
import { ENHANCER, helpsAny, wantsEnhancer } from './enhancer.ts'
import type { Job } from './output.ts'
import type { NamedSwap, PermittedSwap } from './session.ts'
import { optionsAt } from './shots.ts'

/** An output on its way: how it is signed and logged. */
export interface Mark {
  /** Signs the finished file `partial`, which will then be renamed to the job's output, and logs it: no output is there that is not counted. */
  stamp(partial: string): Promise<void>
  /** What the manifest says. */
  summary(): ManifestSummary
}

/** The label that a frame gets, by its place in the clip: `startS` is where the output begins. */
export function labelAt(
  { label, request }: PermittedSwap,
  frame: { readonly index: number; readonly timeS: number },
  startS: number,
): Label | undefined {
  const isWanted = (optionsAt(request, frame).label ?? label.on) && frame.timeS < startS + label.seconds
  return isWanted ? { text: label.text, place: label.place } : undefined
}

/** What an output is besides its picture. */
interface Extent {
  /** Folder of what is written for compositors besides. */
  readonly layers?: string | undefined
  /** The part of a clip that was rendered; absent: all of it. */
  readonly range?: { readonly startS: number; readonly endS: number } | undefined
}

/** What the manifest of anything that a swap makes says of it, besides the file. */
export function provenanceOf(session: NamedSwap, job: Job, outputId: string) {
  const { permission, request, generators, footage, label } = session
  const [model, ...others] = [...generators].map(([name, { sha256 }]) => ({ name, sha256 }))
  const otherModels = wantsEnhancer(request) && helpsAny(generators.values()) ? [...others, ENHANCER] : others
  const isLabelled = label.on || request.shots.some(({ options }) => options.label === true)
  return {
    ...{ parent: job.path, parentSha256: footage.get(job.path), outputId, model: model!, otherModels, watermark: true },
    ...{ consent: permission.authorization.consent, label: isLabelled ? label.text : undefined },
    ...{ use: request.purpose, home: request.home, signing: request.signing, provider: request.provider },
  }
}

/** Prepares the provenance of one output. */
export function markOutput(session: NamedSwap, job: Job, outputId: string, { layers, range }: Extent = {}): Mark {
  const { request, permission, footage } = session
  const part = range && { fromS: range.startS, toS: range.endS }
  const provenance = { ...provenanceOf(session, job, outputId), range: part }
  const title = basename(job.output)
  let summary: ManifestSummary | undefined
  return {
    async stamp(partial) {
      await permission.recheck()
      summary = await stampOutput({ ...provenance, file: partial, placedAt: job.output, title })
      try {
        const about = {
          ...{ publish: request.purpose?.publish === true, ...(layers !== undefined && { layers: resolve(layers) }) },
          // Nothing inside it says what it is: so it is known again when what lies beside it is lost.
          ...(!summary.embedded && { sha256: await hashFile(partial) }),
        }
        await recordOutput(request.home, {
          outputId,
          path: resolve(job.output),
          records: permission.records,
          footage: footage.get(job.path),
          about,
        })
      } catch (error) {
        if (!summary.embedded) await rm(summary.file, { force: true })
        throw error
      }
    },
    summary: () => summary!,
  }
}
