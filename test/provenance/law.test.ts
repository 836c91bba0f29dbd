import { describe, expect, it } from 'vitest'
import { type LabelWish, planLabel, requireMarks } from '../../src/provenance/index.ts'
import { RefusedError, UsageError } from '../../src/work/errors.ts'

const WISH: LabelWish = { on: undefined, text: undefined, language: undefined, place: 'bottom-left', seconds: undefined, laws: [] }

function refusal(wish: Partial<LabelWish>, recordAsks = false): RefusedError {
  try {
    planLabel({ ...WISH, ...wish }, recordAsks)
  } catch (error) {
    if (error instanceof RefusedError) return error
    throw error
  }
  throw new Error('expected a refusal but found a plan')
}

describe('planLabel', () => {
  it('draws a label where a record or a law asks for one, or the user', () => {
    expect(planLabel(WISH, false).on).toBe(false)
    expect(planLabel(WISH, true)).toMatchObject({ on: true, required: true, text: 'AI GENERATED', seconds: Number.POSITIVE_INFINITY })
    expect(planLabel({ ...WISH, laws: ['eu'] }, false)).toMatchObject({ on: true, required: true })
    expect(planLabel({ ...WISH, laws: ['cn'] }, false)).toMatchObject({ on: true, text: '人工智能生成' })
    expect(planLabel({ ...WISH, laws: ['us-ca'] }, false)).toMatchObject({ on: false, required: false })
    expect(planLabel({ ...WISH, on: true }, false)).toMatchObject({ on: true, required: false })
    expect(planLabel({ ...WISH, on: false }, false).on).toBe(false)
  })

  it('refuses to leave it out, and names whose clause that is', () => {
    expect(refusal({ on: false }, true)).toMatchObject({ clause: 'disclosure.visibleLabel', exitCode: 3 })
    expect(refusal({ on: false, laws: ['us-ca', 'eu'] })).toMatchObject({ clause: 'law.eu' })
    expect(refusal({ on: false, laws: ['cn'] }).message).toContain('GB 45438')
    expect(refusal({ seconds: 10, laws: ['eu'] }).message).toMatch(/throughout.*Art\. 50/)
    expect(refusal({ seconds: 1.9, laws: ['cn'] }).message).toContain('for 2 s')
    expect(refusal({ seconds: 60 }, true)).toMatchObject({ clause: 'disclosure.visibleLabel' })
    expect(planLabel({ ...WISH, seconds: 2, laws: ['cn'] }, false).seconds).toBe(2)
  })

  it('speaks the language that is asked for, and Chinese where Chinese rules ask', () => {
    const text = (wish: Partial<LabelWish>) => planLabel({ ...WISH, ...wish }, true).text
    expect((['en', 'de', 'fr', 'es', 'it', 'zh'] as const).map((language) => text({ language }))).toEqual([
      'AI GENERATED',
      'KI-GENERIERT',
      'GÉNÉRÉ PAR IA',
      'GENERADO CON IA',
      'GENERATO CON IA',
      '人工智能生成',
    ])
    expect(text({ language: 'it', laws: ['cn', 'eu'] })).toBe('GENERATO CON IA 人工智能生成')
    expect(text({ text: 'Made with AI' })).toBe('Made with AI')
    expect(refusal({ text: 'Made with AI', laws: ['cn'] })).toMatchObject({ clause: 'law.cn' })
    expect(refusal({ text: 'AI生成, by the studio of many long names', laws: ['cn'] })).toMatchObject({ clause: 'law.cn' })
    expect(text({ text: 'AI生成', laws: ['cn'] })).toBe('AI生成')
    for (const bad of ['Ω', ' ', '\u0301', '.', 'É.']) expect(() => text({ text: bad })).toThrow(UsageError)
  })
})

describe('a required label', () => {
  const MANY = 'AI MADE '.repeat(300)

  it('says that it was generated, in any of the languages', () => {
    for (const text of ['REAL FOOTAGE', 'Said by Kiara', 'Not AI generated', 'Sans IA', '100 real, no AI', 'A.I']) {
      expect(refusal({ text }, true)).toMatchObject({ clause: 'disclosure.visibleLabel', exitCode: 3 })
      expect(refusal({ text, laws: ['eu'] })).toMatchObject({ clause: 'law.eu', message: expect.stringContaining(`found "${text}"`) })
      expect(planLabel({ ...WISH, on: true, text }, false).text).toBe(text)
    }
    for (const text of ['ai-made, not filmed', 'Synthetic face', 'généré', 'DEEPFAKE', 'mit KI', '生成'])
      expect(planLabel({ ...WISH, text }, true)).toMatchObject({ text, required: true })
  })

  it('is drawn at its whole height', () => {
    expect(refusal({ text: MANY }, true)).toMatchObject({ clause: 'disclosure.visibleLabel', exitCode: 3 })
    expect(refusal({ text: MANY, laws: ['eu'] }).message).toMatch(/5 %.*found 2400 characters \[law\.eu\]/)
    expect(planLabel({ ...WISH, on: true, text: MANY }, false).required).toBe(false)
  })
})

describe('requireMarks', () => {
  it('refuses containers that cannot hold the metadata that a law asks for', () => {
    for (const output of ['a.mp4', 'a.MOV', 'a.jpg', 'a.png', 'a.webp']) expect(() => requireMarks(output, ['cn', 'us-ca'])).not.toThrow()
    expect(() => requireMarks('a.mkv', ['us-ca'])).toThrow(/--law us-ca: expected an output that holds the metadata/)
    expect(() => requireMarks('a.tif', ['cn'])).toThrow(UsageError)
    expect(() => requireMarks('a.mkv', ['eu'])).not.toThrow()
  })
})
