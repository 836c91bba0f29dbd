import { basename } from 'node:path'
import { COMPOSITE_SOURCE_TYPE, type ModelMention, type StampRequest } from './types.ts'
import { WATERMARK_ALGORITHM } from './watermark/lattice.ts'

/** Our own assertion: which output it is, by which model, under whose consent. Hashes and scopes only: a descriptor is biometric data. */
export const RENDER_ASSERTION = 'org.dfk.render'

/** Labels by which actions refer to ingredients. */
const PARENT_LABEL = 'parent'
const MODEL_LABEL = 'model'

const NOT_ALLOWED = { use: 'notAllowed' }

/** The manifest definition of a swap (C2PA 2.x): opened, edited by a trained model, watermarked; not to be trained on. */
export function manifestDefinition(request: StampRequest, format: string, version: string): object {
  const agent = { name: 'dfk', version }
  const watermarked = request.watermark === true
  const softBinding = { alg: WATERMARK_ALGORITHM, blocks: [{ scope: {}, value: request.outputId }], pad: [] }
  const actions = [
    { action: 'c2pa.opened', parameters: { ingredientIds: [PARENT_LABEL] } },
    {
      action: 'c2pa.edited',
      softwareAgent: agent,
      digitalSourceType: COMPOSITE_SOURCE_TYPE,
      description: 'The face of one consenting person was replaced by that of another consenting person, rendered by a trained model',
      parameters: { ingredientIds: modelsOf(request).map((_, index) => modelLabel(index)) },
    },
    ...(watermarked ? [{ action: 'c2pa.watermarked.bound', softwareAgent: agent }] : []),
  ]
  return {
    claim_generator_info: [agent],
    title: request.title,
    format,
    assertions: [
      { label: 'c2pa.actions.v2', data: { actions } },
      ...(watermarked ? [{ label: 'c2pa.soft-binding', data: softBinding }] : []),
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
      {
        label: RENDER_ASSERTION,
        data: {
          outputId: request.outputId,
          model: request.model,
          ...(request.otherModels?.length ? { otherModels: request.otherModels } : {}),
          consent: request.consent.map(({ role, hash, scope }) => ({ role, hash, scope })),
          use: { publish: false, ...request.use },
        },
      },
    ],
  }
}

/** The footage as the one parent ingredient. */
export function parentIngredient(parent: string | undefined): object {
  return { title: parent === undefined ? 'footage' : basename(parent), relationship: 'parentOf', label: PARENT_LABEL }
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
