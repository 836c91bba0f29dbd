import { basename } from 'node:path'
import { COMPOSITE_SOURCE_TYPE, type Disclosure, type ModelMention, type StampRequest } from './types.ts'
import { WATERMARK_ALGORITHM } from './watermark/lattice.ts'

/** Our own assertion: which output it is, by which model, under whose consent. Hashes and scopes only: a descriptor is biometric data. */
export const RENDER_ASSERTION = 'org.dfk.render'

/** Labels by which actions refer to ingredients. */
const PARENT_LABEL = 'parent'
const MODEL_LABEL = 'model'

const NOT_ALLOWED = { use: 'notAllowed' }

/** What of the asset goes into its manifest. */
export interface AssetFacts {
  readonly format: string
  /** SHA-256 of the boxes of an MP4 that C2PA's own binding leaves out: see `looseBoxesHash`. */
  readonly looseBoxes?: string | undefined
}

function actionsOf(request: StampRequest, agent: object, when: string): object[] {
  const { label } = request
  return [
    { action: 'c2pa.opened', parameters: { ingredientIds: [PARENT_LABEL] } },
    {
      action: 'c2pa.edited',
      when,
      softwareAgent: agent,
      digitalSourceType: COMPOSITE_SOURCE_TYPE,
      description: 'The face of one consenting person was replaced by that of another consenting person, rendered by a trained model',
      parameters: { ingredientIds: modelsOf(request).map((_, index) => modelLabel(index)) },
    },
    ...(label === undefined ? [] : [{ action: 'c2pa.addedText', when, softwareAgent: agent, description: `Visible label: ${label}` }]),
    ...(request.watermark === true ? [{ action: 'c2pa.watermarked.bound', when, softwareAgent: agent }] : []),
  ]
}

/** Microseconds: frames of one clip never come nearer to each other. */
function roundS(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6
}

function footageOf({ parent, parentSha256, range }: StampRequest): object {
  if (parent === undefined || parentSha256 === undefined) return {}
  const part = range && { range: { fromS: roundS(range.fromS), toS: roundS(range.toS) } }
  return { footage: { name: basename(parent), sha256: parentSha256, ...part } }
}

/** Which output it is, of what, by which model, under whose consent, and who answers for it. */
function renderOf(request: StampRequest, { provider, tool, createdAt }: Disclosure, { looseBoxes }: AssetFacts): object {
  const { outputId, model, otherModels, consent, use, label } = request
  return {
    outputId,
    provider,
    system: tool,
    createdAt: createdAt.toISOString(),
    ...footageOf(request),
    model,
    ...(otherModels?.length && { otherModels }),
    consent: consent.map(({ role, hash, scope }) => ({ role, hash, scope })),
    use: { publish: false, ...use },
    ...(label !== undefined && { visibleLabel: label }),
    ...(looseBoxes !== undefined && { looseBoxes }),
  }
}

/** The manifest definition of a swap (C2PA 2.x): opened, edited by a trained model, labelled, watermarked; not to be trained on. */
export function manifestDefinition(request: StampRequest, facts: AssetFacts, disclosure: Disclosure): object {
  const [name, version] = disclosure.tool.split(' ')
  const agent = { name, version }
  const actions = actionsOf(request, agent, disclosure.createdAt.toISOString())
  const softBinding = { alg: WATERMARK_ALGORITHM, blocks: [{ scope: {}, value: request.outputId }], pad: [] }
  return {
    claim_generator_info: [agent],
    title: request.title,
    format: facts.format,
    assertions: [
      { label: 'c2pa.actions.v2', data: { actions } },
      ...(request.watermark === true ? [{ label: 'c2pa.soft-binding', data: softBinding }] : []),
      {
        label: 'cawg.training-mining',
        data: {
          entries: {
            'cawg.ai_inference': NOT_ALLOWED,
            'cawg.ai_training': NOT_ALLOWED,
            'cawg.ai_generative_training': NOT_ALLOWED,
            'cawg.data_mining': NOT_ALLOWED,
          },
        },
      },
      { label: RENDER_ASSERTION, data: renderOf(request, disclosure, facts) },
    ],
  }
}

/** The footage as the one parent ingredient. */
export function parentIngredient({ parent, parentSha256 }: StampRequest): object {
  return {
    title: parent === undefined ? 'footage' : basename(parent),
    relationship: 'parentOf',
    label: PARENT_LABEL,
    ...(parentSha256 !== undefined && { description: `SHA-256 ${parentSha256}` }),
  }
}

function modelsOf({ model, otherModels = [] }: StampRequest): ModelMention[] {
  return [model, ...otherModels]
}

function modelLabel(index: number): string {
  return index === 0 ? MODEL_LABEL : `${MODEL_LABEL}-${index + 1}`
}

/** The trained generators as inputs. */
export function modelIngredients(request: StampRequest): object[] {
  return modelsOf(request).map(({ name, sha256 }, index) => ({
    title: name,
    format: 'application/octet-stream',
    relationship: 'inputTo',
    label: modelLabel(index),
    instance_id: `sha256:${sha256}`,
    data_types: [{ type: 'c2pa.types.model' }],
  }))
}
