import { z } from 'zod'
import type { LabelWish } from '../provenance/index.ts'

/** The flags of `dfk swap` about what an output shows of its origin. */
export const labelOptions = z.object({
  label: z.boolean().optional().describe('draw a visible label (it is drawn anyway where a consent record or --law requires it)'),
  noLabel: z.boolean().optional().meta({ flag: '--no-label' }).describe('draw none; refused where a consent record or --law requires it'),
  labelText: z
    .string()
    .optional()
    .meta({ flag: '--label-text <text>' })
    .describe('what the label says (default: AI GENERATED, in --label-language)'),
  labelLanguage: z
    .enum(['en', 'de', 'fr', 'es', 'it', 'zh'])
    .optional()
    .meta({ flag: '--label-language <name>' })
    .describe('language of the label (default: en; zh with --law cn alone)'),
  labelPlace: z
    .enum(['bottom-left', 'bottom-right', 'top-left', 'top-right'])
    .default('bottom-left')
    .meta({ flag: '--label-place <name>' })
    .describe('corner of the label'),
  labelSeconds: z
    .number()
    .positive()
    .optional()
    .meta({ flag: '--label-seconds <s>' })
    .describe('show the label for so many seconds from the start of a video (default: throughout)'),
  law: z
    .array(z.enum(['eu', 'cn', 'us-ca', 'none'], { error: 'expected eu, cn, us-ca or none' }))
    .default([])
    .meta({ flag: '--law <name...>' })
    .describe('laws on disclosure that the output must keep: eu, cn, us-ca'),
  provider: z
    .string()
    .min(1)
    .optional()
    .describe('who answers for the output, in its metadata (default: the organisation of --cert, or dfk)'),
})

/** What is asked for of the label besides that it is there. */
export function labellingOf(asked: Omit<z.output<typeof labelOptions>, 'noLabel'>): Omit<LabelWish, 'on'> {
  return {
    ...{ text: asked.labelText, language: asked.labelLanguage, place: asked.labelPlace, seconds: asked.labelSeconds },
    laws: [...new Set(asked.law.filter((law) => law !== 'none'))],
  }
}
